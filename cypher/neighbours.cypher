// What is a product joined to?
// $product: id of the product
// $limit = 50: rows at the most
// columns: relationship, label, id, name
MATCH (p:Product)-[r:IN_CATEGORY|HAS_ATTRIBUTE|BOUGHT_WITH]-(n:Product|Category|Attribute)
WHERE p.id = $product
WITH n, CASE WHEN n.kind IS NOT NULL THEN 'Attribute' WHEN n.path IS NOT NULL THEN 'Category'
             ELSE 'Product' END AS label
RETURN CASE label WHEN 'Attribute' THEN 'HAS_ATTRIBUTE' WHEN 'Category' THEN 'IN_CATEGORY'
                  ELSE 'BOUGHT_WITH' END AS relationship,
       label, n.id AS id, coalesce(n.title, n.name, n.value) AS name
ORDER BY relationship, id LIMIT $limit
