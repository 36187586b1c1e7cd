// Nodes that are gone, with whatever is joined to them; in the order of crossaisle.graph.schema.NODES.
// $id: list of ids
UNWIND $id AS id MATCH (n:Product {id: id}) DETACH DELETE n;
UNWIND $id AS id MATCH (n:Category {id: id}) DETACH DELETE n;
UNWIND $id AS id MATCH (n:Attribute {id: id}) DETACH DELETE n;
UNWIND $id AS id MATCH (n:Customer {id: id}) DETACH DELETE n;
UNWIND $id AS id MATCH (n:Basket {id: id}) DETACH DELETE n;
