// What lay in the same anonymous basket as a product?
// $product: id of the product
// $limit = 30: rows at the most
// columns: id, title, aisle, baskets
// look at: other aisles: people without an account cross too
MATCH (p:Product)<-[:CONTAINS]-(b:Basket)-[:CONTAINS]->(o:Product)
WHERE p.id = $product AND o.id <> p.id
RETURN o.id AS id, o.title AS title, o.aisle AS aisle, count(DISTINCT b) AS baskets
ORDER BY baskets DESC, id LIMIT $limit
