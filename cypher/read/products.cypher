// Every Product with its properties.
MATCH (n:Product)
RETURN n.id AS id, n.title AS title, n.description AS description, n.aisle AS aisle, n.price AS price, n.image AS image
