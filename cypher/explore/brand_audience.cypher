// Who buys a brand in one aisle and never entered the other where it is sold?
// $brand: the brand as people write it
// $source: name of the aisle they buy it in
// $target: name of the aisle they never bought from
// $limit = 100: rows at the most
// columns: customer, bought (products of the brand)
// look at: the length of the list: an audience to write to
MATCH (c:Customer)-[:BOUGHT]->(p:Product)-[:HAS_ATTRIBUTE]->(a:Attribute)
WHERE a.kind = 'brand' AND a.value = $brand AND p.aisle = $source
  AND NOT EXISTS { MATCH (c)-[:BOUGHT]->(t:Product) WHERE t.aisle = $target }
RETURN c.id AS customer, count(DISTINCT p) AS bought
ORDER BY bought DESC, customer LIMIT $limit
