// In which aisles is a brand sold, and to how many?
// $brand: the brand as people write it
// columns: aisle, products, customers, purchases
// look at: an aisle with products and hardly a customer is where the brand's friends have not been yet
MATCH (a:Attribute)<-[:HAS_ATTRIBUTE]-(p:Product) WHERE a.kind = 'brand' AND a.value = $brand
OPTIONAL MATCH (c:Customer)-[b:BOUGHT]->(p)
RETURN p.aisle AS aisle, count(DISTINCT p) AS products, count(DISTINCT c) AS customers,
       count(b) AS purchases
ORDER BY products DESC, aisle
