// Relationships that are gone, or stand there wrongly and are made anew: all of one identity (ends and
// EdgeTable.key), in the order of crossaisle.graph.schema.EDGES.
// $rows: maps with head and tail (ids) and the key
UNWIND $rows AS row MATCH (h:Product {id: row.head})-[r:IN_CATEGORY]->(:Category {id: row.tail}) DELETE r;
UNWIND $rows AS row MATCH (h:Category {id: row.head})-[r:PART_OF]->(:Category {id: row.tail}) DELETE r;
UNWIND $rows AS row MATCH (h:Product {id: row.head})-[r:HAS_ATTRIBUTE]->(:Attribute {id: row.tail}) DELETE r;
UNWIND $rows AS row MATCH (h:Customer {id: row.head})-[r:BOUGHT]->(:Product {id: row.tail})
WHERE (r.time = row.time OR r.time IS NULL AND row.time IS NULL)
  AND (r.position = row.position OR r.position IS NULL AND row.position IS NULL)
  AND (r.type = row.type OR r.type IS NULL AND row.type IS NULL)
DELETE r;
UNWIND $rows AS row MATCH (h:Basket {id: row.head})-[r:CONTAINS]->(:Product {id: row.tail}) DELETE r;
UNWIND $rows AS row MATCH (h:Product {id: row.head})-[r:BOUGHT_WITH]->(:Product {id: row.tail}) DELETE r;
