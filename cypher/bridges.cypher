// Which attributes join two aisles?
// Each attribute that products of both aisles have, the rarest first among those that join most.
// $source: name of one aisle
// $target: name of the other aisle
// $limit = 20: rows at the most
// columns: kind, value, source_products, target_products, pairs (source_products x target_products)
MATCH (s:Product)-[:HAS_ATTRIBUTE]->(a:Attribute) WHERE s.aisle = $source
WITH a, count(DISTINCT s) AS source_products
MATCH (t:Product)-[:HAS_ATTRIBUTE]->(a) WHERE t.aisle = $target
WITH a, source_products, count(DISTINCT t) AS target_products
RETURN a.kind AS kind, a.value AS value, source_products, target_products,
       source_products * target_products AS pairs
ORDER BY pairs DESC, value LIMIT $limit
