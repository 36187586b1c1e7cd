// Which attributes bring aisles together most, after their frequency?
// Pairs of different aisles that are bought together and share the attribute, for each product that has it.
// $at_least = 2: such pairs at the least
// $limit = 50: rows at the most
// columns: kind, value, pairs, products, pairs_per_product
// look at: high pairs_per_product with few products: a theme that carries people from aisle to aisle
MATCH (s:Product)-[:BOUGHT_WITH]->(t:Product), (s)-[:HAS_ATTRIBUTE]->(a:Attribute)<-[:HAS_ATTRIBUTE]-(t)
WHERE s.aisle <> t.aisle
WITH a, count(*) AS pairs
WHERE pairs >= $at_least
MATCH (p:Product)-[:HAS_ATTRIBUTE]->(a)
WITH a, pairs, count(DISTINCT p) AS products
RETURN a.kind AS kind, a.value AS value, pairs, products, 1.0 * pairs / products AS pairs_per_product
ORDER BY pairs_per_product DESC, pairs DESC, kind, value LIMIT $limit
