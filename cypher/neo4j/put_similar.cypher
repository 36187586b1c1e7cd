// SIMILAR from a product to the nearest ones by the vector index, in place of those that were there.
// $rows: maps with id and nearest (how many)
UNWIND $rows AS row MATCH (p:Product {id: row.id})
OPTIONAL MATCH (p)-[old:SIMILAR]->(:Product)
DELETE old
WITH DISTINCT p, row
CALL db.index.vector.queryNodes('product_embedding', row.nearest + 1, p.embedding) YIELD node, score
WHERE node <> p
CREATE (p)-[:SIMILAR {score: score}]->(node)
