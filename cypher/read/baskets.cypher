// Every Basket with its properties.
MATCH (n:Basket)
RETURN n.id AS id
