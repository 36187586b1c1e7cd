// Which aisles are there, and how much is bought in each?
// columns: aisle, products, customers, purchases
MATCH (p:Product) WHERE p.aisle IS NOT NULL
OPTIONAL MATCH (c:Customer)-[b:BOUGHT]->(p)
RETURN p.aisle AS aisle, count(DISTINCT p) AS products, count(DISTINCT c) AS customers,
       count(b) AS purchases
ORDER BY products DESC, aisle
