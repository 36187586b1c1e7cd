// Give products their vectors.
// $rows: maps with id and vector
UNWIND $rows AS row MATCH (p:Product {id: row.id})
CALL db.create.setNodeVectorProperty(p, 'embedding', row.vector)
RETURN count(*)
