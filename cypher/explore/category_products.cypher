// What is in a category and under it, and what of it sells?
// $category: id of the category
// $limit = 50: rows at the most
// columns: id, title, aisle, found_in, purchases
// look at: products without purchases beside best-sellers of the same category
MATCH (p:Product)-[:IN_CATEGORY]->(n:Category)-[:PART_OF*0..5]->(c:Category) WHERE c.id = $category
OPTIONAL MATCH (:Customer)-[b:BOUGHT]->(p)
RETURN p.id AS id, p.title AS title, p.aisle AS aisle, n.name AS found_in, count(b) AS purchases
ORDER BY purchases DESC, id LIMIT $limit
