// Relationships that are not there yet, in the order of crossaisle.graph.schema.EDGES. CREATE, not MERGE: what is
// there was read before, each batch is one transaction, and the store counts what was made.
// parameters: head and tail (ids) and the properties, lists of the same length; null in place of a list of nulls
UNWIND range(0, size($head) - 1) AS i MATCH (h:Product {id: $head[i]}) MATCH (t:Category {id: $tail[i]})
CREATE (h)-[:IN_CATEGORY {source: $source[i], confidence: $confidence[i]}]->(t);
UNWIND range(0, size($head) - 1) AS i MATCH (h:Category {id: $head[i]}) MATCH (t:Category {id: $tail[i]})
CREATE (h)-[:PART_OF]->(t);
UNWIND range(0, size($head) - 1) AS i MATCH (h:Product {id: $head[i]}) MATCH (t:Attribute {id: $tail[i]})
CREATE (h)-[:HAS_ATTRIBUTE {source: $source[i], confidence: $confidence[i]}]->(t);
UNWIND range(0, size($head) - 1) AS i MATCH (h:Customer {id: $head[i]}) MATCH (t:Product {id: $tail[i]})
CREATE (h)-[:BOUGHT {time: $time[i], position: $position[i], type: $type[i], quantity: $quantity[i], price: $price[i], rating: $rating[i]}]->(t);
UNWIND range(0, size($head) - 1) AS i MATCH (h:Basket {id: $head[i]}) MATCH (t:Product {id: $tail[i]})
CREATE (h)-[:CONTAINS {time: $time[i], quantity: $quantity[i], price: $price[i]}]->(t);
UNWIND range(0, size($head) - 1) AS i MATCH (h:Product {id: $head[i]}) MATCH (t:Product {id: $tail[i]})
CREATE (h)-[:BOUGHT_WITH {weight: $weight[i], count: $count[i]}]->(t);
