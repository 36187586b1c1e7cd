// With which product do people of one aisle enter another?
// $source: name of the aisle they come from
// $target: name of the aisle they enter
// $limit = 30: rows at the most
// columns: id, title, crossing (customers of both aisles who bought it), customers (all who bought it)
// look at: crossing near customers: a product that is bought because people come from the other aisle
MATCH (p:Product)<-[:BOUGHT]-(c:Customer) WHERE p.aisle = $target
WITH p, c, CASE WHEN EXISTS { MATCH (c)-[:BOUGHT]->(s:Product) WHERE s.aisle = $source } THEN 1 ELSE 0 END AS both
WITH DISTINCT p, c, both
RETURN p.id AS id, p.title AS title, sum(both) AS crossing, count(*) AS customers
ORDER BY crossing DESC, id LIMIT $limit
