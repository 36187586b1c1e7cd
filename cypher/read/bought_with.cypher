// Every BOUGHT_WITH: the ids of its ends and its properties.
MATCH (h:Product)-[r:BOUGHT_WITH]->(t:Product)
RETURN h.id AS head, t.id AS tail, r.weight AS weight, r.count AS count
