// What is a product joined to?
// $product: id of the product
// $limit = 50: rows at the most
// columns: relationship, label, id, name
MATCH (p:Product)-[r]-(n) WHERE p.id = $product AND NOT label(r) IN ['BOUGHT', 'CONTAINS']
RETURN label(r) AS relationship, label(n) AS label, n.id AS id,
       coalesce(n.title, n.name, n.value) AS name
ORDER BY relationship, id LIMIT $limit
