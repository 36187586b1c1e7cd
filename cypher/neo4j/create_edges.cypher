// Relationships that are not there yet, in the order of crossaisle.graph.schema.EDGES. CREATE, not MERGE: what is
// there was read before, each batch is one transaction, and the store counts what was made.
// $rows: maps with head and tail (ids) and the properties
UNWIND $rows AS row MATCH (h:Product {id: row.head}) MATCH (t:Category {id: row.tail})
CREATE (h)-[:IN_CATEGORY {source: row.source, confidence: row.confidence}]->(t);
UNWIND $rows AS row MATCH (h:Category {id: row.head}) MATCH (t:Category {id: row.tail})
CREATE (h)-[:PART_OF]->(t);
UNWIND $rows AS row MATCH (h:Product {id: row.head}) MATCH (t:Attribute {id: row.tail})
CREATE (h)-[:HAS_ATTRIBUTE {source: row.source, confidence: row.confidence}]->(t);
UNWIND $rows AS row MATCH (h:Customer {id: row.head}) MATCH (t:Product {id: row.tail})
CREATE (h)-[:BOUGHT {time: row.time, position: row.position, type: row.type, quantity: row.quantity, price: row.price, rating: row.rating}]->(t);
UNWIND $rows AS row MATCH (h:Basket {id: row.head}) MATCH (t:Product {id: row.tail})
CREATE (h)-[:CONTAINS {time: row.time, quantity: row.quantity, price: row.price}]->(t);
UNWIND $rows AS row MATCH (h:Product {id: row.head}) MATCH (t:Product {id: row.tail})
CREATE (h)-[:BOUGHT_WITH {weight: row.weight, count: row.count}]->(t);
