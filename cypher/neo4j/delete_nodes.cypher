// Nodes that are gone, with whatever is joined to them; in the order of crossaisle.graph.schema.NODES.
// $rows: maps with id
UNWIND $rows AS row MATCH (n:Product {id: row.id}) DETACH DELETE n;
UNWIND $rows AS row MATCH (n:Category {id: row.id}) DETACH DELETE n;
UNWIND $rows AS row MATCH (n:Attribute {id: row.id}) DETACH DELETE n;
UNWIND $rows AS row MATCH (n:Customer {id: row.id}) DETACH DELETE n;
UNWIND $rows AS row MATCH (n:Basket {id: row.id}) DETACH DELETE n;
