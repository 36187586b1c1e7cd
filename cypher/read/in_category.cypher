// Every IN_CATEGORY: the ids of its ends and its properties.
MATCH (h:Product)-[r:IN_CATEGORY]->(t:Category)
RETURN h.id AS head, t.id AS tail, r.source AS source, r.confidence AS confidence
