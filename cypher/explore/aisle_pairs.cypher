// Which aisles are bought by the same people?
// columns: source, target, customers
// look at: pairs with few customers: what teaches a crossing is people who made it
MATCH (s:Product)<-[:BOUGHT]-(c:Customer)-[:BOUGHT]->(t:Product) WHERE s.aisle < t.aisle
RETURN s.aisle AS source, t.aisle AS target, count(DISTINCT c) AS customers
ORDER BY customers DESC, source, target
