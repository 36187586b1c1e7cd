// Which aisles are bought by the same people?
// columns: source, target, customers
// look at: pairs with few customers: what teaches a crossing is people who made it
MATCH (c:Customer)-[:BOUGHT]->(p:Product) WHERE p.aisle IS NOT NULL
WITH c, collect(DISTINCT p.aisle) AS aisles
UNWIND aisles AS source
UNWIND aisles AS target
WITH source, target WHERE source < target
RETURN source, target, count(*) AS customers
ORDER BY customers DESC, source, target
