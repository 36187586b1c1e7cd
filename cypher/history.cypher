// What did a customer buy, the latest first?
// $customer: id of the customer
// $limit = 50: rows at the most
// columns: time, aisle, id, title, quantity
MATCH (c:Customer)-[b:BOUGHT]->(p:Product) WHERE c.id = $customer
RETURN b.time AS time, p.aisle AS aisle, p.id AS id, p.title AS title, b.quantity AS quantity
ORDER BY time DESC, b.position DESC, id LIMIT $limit
