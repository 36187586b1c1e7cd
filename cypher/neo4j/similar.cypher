// Which products are nearest to one, by the vectors that training gave them?
// $product: id of the product
// $limit = 10: rows at the most
// columns: id, title, aisle, score (cosine, moved to 0 ... 1)
// look at: other aisles: what training thinks belongs together
MATCH (p:Product) WHERE p.id = $product
CALL db.index.vector.queryNodes('product_embedding', $limit + 1, p.embedding) YIELD node, score
WHERE node.id <> p.id
RETURN node.id AS id, node.title AS title, node.aisle AS aisle, score
ORDER BY score DESC, id LIMIT $limit
