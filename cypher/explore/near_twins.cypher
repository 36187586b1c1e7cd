// Which products are near-twins, bought by nearly the same people?
// $above = 0.8: cosine of their buyers, in (0, 1]
// $limit = 50: rows at the most
// columns: id, title, aisle, other, other_title, other_aisle, weight, count
// look at: two aisles in a row: perhaps one product under two numbers, which a figure must not count as foresight
MATCH (p:Product)-[w:BOUGHT_WITH]->(o:Product) WHERE w.weight >= $above
RETURN p.id AS id, p.title AS title, p.aisle AS aisle, o.id AS other, o.title AS other_title,
       o.aisle AS other_aisle, w.weight AS weight, w.count AS count
ORDER BY weight DESC, count DESC, id, other LIMIT $limit
