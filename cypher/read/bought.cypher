// Every BOUGHT: the ids of its ends and its properties.
MATCH (h:Customer)-[r:BOUGHT]->(t:Product)
RETURN h.id AS head, t.id AS tail, r.time AS time, r.position AS position, r.type AS type, r.quantity AS quantity, r.price AS price, r.rating AS rating
