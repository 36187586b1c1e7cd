// What in other aisles is nearest to a product, by walks?
// $product: id of the product
// $limit = 30: rows at the most
// columns: id, title, aisle, walks (attributes and co-purchases that lead there in two steps)
// look at: aisles in the list: where this product's buyers can be sent
MATCH (p:Product)-[:HAS_ATTRIBUTE|BOUGHT_WITH]-(n:Attribute|Product)-[:HAS_ATTRIBUTE|BOUGHT_WITH]-(o:Product)
WHERE p.id = $product AND o.id <> p.id AND o.aisle <> p.aisle
RETURN o.id AS id, o.title AS title, o.aisle AS aisle, count(*) AS walks
ORDER BY walks DESC, id LIMIT $limit
