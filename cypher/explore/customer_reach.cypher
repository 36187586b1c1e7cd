// How far does a customer's history reach, aisle by aisle?
// $customer: id of the customer
// columns: aisle, products_reached, walks (two steps: through an attribute that both have)
// look at: an aisle they never bought from with many walks: there the reasons will be good
MATCH (c:Customer)-[:BOUGHT]->(i:Product)-[:HAS_ATTRIBUTE]->(:Attribute)<-[:HAS_ATTRIBUTE]-(p:Product)
WHERE c.id = $customer AND i.id <> p.id
RETURN p.aisle AS aisle, count(DISTINCT p) AS products_reached, count(*) AS walks
ORDER BY products_reached DESC, aisle
