// Which products has nobody bought yet, and whom would they suit?
// $limit = 30: rows at the most
// columns: id, title, aisle, attributes (shared with what people bought), customers (who bought such)
// look at: many customers through few attributes: name those attributes on the product's page
MATCH (p:Product)-[:HAS_ATTRIBUTE]->(a:Attribute)<-[:HAS_ATTRIBUTE]-(:Product)<-[:BOUGHT]-(c:Customer)
WHERE NOT EXISTS { MATCH (:Customer)-[:BOUGHT]->(p) }
RETURN p.id AS id, p.title AS title, p.aisle AS aisle, count(DISTINCT a) AS attributes,
       count(DISTINCT c) AS customers
ORDER BY customers DESC, id LIMIT $limit
