// Every CONTAINS: the ids of its ends and its properties.
MATCH (h:Basket)-[r:CONTAINS]->(t:Product)
RETURN h.id AS head, t.id AS tail, r.time AS time, r.quantity AS quantity, r.price AS price
