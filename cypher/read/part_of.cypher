// Every PART_OF: the ids of its ends and its properties.
MATCH (h:Category)-[r:PART_OF]->(t:Category)
RETURN h.id AS head, t.id AS tail
