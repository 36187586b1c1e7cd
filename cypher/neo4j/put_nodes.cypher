// Nodes that are new or changed, a statement a label in the order of crossaisle.graph.schema.NODES.
// MERGE on the constrained id, so a node is never there twice. += leaves what others have put on the
// node (an embedding, say) and takes away what is null in the row.
// $rows: maps, one a node, with all its columns
UNWIND $rows AS row MERGE (n:Product {id: row.id}) SET n += row;
UNWIND $rows AS row MERGE (n:Category {id: row.id}) SET n += row;
UNWIND $rows AS row MERGE (n:Attribute {id: row.id}) SET n += row;
UNWIND $rows AS row MERGE (n:Customer {id: row.id}) SET n += row;
UNWIND $rows AS row MERGE (n:Basket {id: row.id}) SET n += row;
