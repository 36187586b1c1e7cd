// Every HAS_ATTRIBUTE: the ids of its ends and its properties.
MATCH (h:Product)-[r:HAS_ATTRIBUTE]->(t:Attribute)
RETURN h.id AS head, t.id AS tail, r.source AS source, r.confidence AS confidence
