// Relationships that are gone, or stand there wrongly and are made anew: all of one identity (ends and
// EdgeTable.key), in the order of crossaisle.graph.schema.EDGES.
// parameters: head and tail (ids) and the key, lists of the same length; null in place of a list of nulls
UNWIND range(0, size($head) - 1) AS i
MATCH (:Product {id: $head[i]})-[r:IN_CATEGORY]->(:Category {id: $tail[i]}) DELETE r;
UNWIND range(0, size($head) - 1) AS i
MATCH (:Category {id: $head[i]})-[r:PART_OF]->(:Category {id: $tail[i]}) DELETE r;
UNWIND range(0, size($head) - 1) AS i
MATCH (:Product {id: $head[i]})-[r:HAS_ATTRIBUTE]->(:Attribute {id: $tail[i]}) DELETE r;
UNWIND range(0, size($head) - 1) AS i
MATCH (:Customer {id: $head[i]})-[r:BOUGHT]->(:Product {id: $tail[i]})
WHERE (r.time = $time[i] OR r.time IS NULL AND $time[i] IS NULL)
  AND (r.position = $position[i] OR r.position IS NULL AND $position[i] IS NULL)
  AND (r.type = $type[i] OR r.type IS NULL AND $type[i] IS NULL)
DELETE r;
UNWIND range(0, size($head) - 1) AS i
MATCH (:Basket {id: $head[i]})-[r:CONTAINS]->(:Product {id: $tail[i]}) DELETE r;
UNWIND range(0, size($head) - 1) AS i
MATCH (:Product {id: $head[i]})-[r:BOUGHT_WITH]->(:Product {id: $tail[i]}) DELETE r;
