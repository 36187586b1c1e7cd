// Relationships that leave some nodes: the ids of their ends and their properties, in the order of
// crossaisle.graph.schema.EDGES.
// $id: list of ids
UNWIND $id AS id MATCH (h:Product {id: id})-[r:IN_CATEGORY]->(t:Category)
RETURN h.id AS head, t.id AS tail, r.source AS source, r.confidence AS confidence;
UNWIND $id AS id MATCH (h:Category {id: id})-[r:PART_OF]->(t:Category)
RETURN h.id AS head, t.id AS tail;
UNWIND $id AS id MATCH (h:Product {id: id})-[r:HAS_ATTRIBUTE]->(t:Attribute)
RETURN h.id AS head, t.id AS tail, r.source AS source, r.confidence AS confidence;
UNWIND $id AS id MATCH (h:Customer {id: id})-[r:BOUGHT]->(t:Product)
RETURN h.id AS head, t.id AS tail, r.time AS time, r.position AS position, r.type AS type, r.quantity AS quantity, r.price AS price, r.rating AS rating;
UNWIND $id AS id MATCH (h:Basket {id: id})-[r:CONTAINS]->(t:Product)
RETURN h.id AS head, t.id AS tail, r.time AS time, r.quantity AS quantity, r.price AS price;
UNWIND $id AS id MATCH (h:Product {id: id})-[r:BOUGHT_WITH]->(t:Product)
RETURN h.id AS head, t.id AS tail, r.weight AS weight, r.count AS count;
