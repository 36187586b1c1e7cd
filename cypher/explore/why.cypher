// Why this product for this customer, as a picture?
// $customer: id of the customer
// $product: id of the product
// $limit = 50: paths at the most
// columns: path (customer - what they bought - what joins it - the product)
// look at: many short paths through different nodes; a single one through a frequent attribute says little
MATCH path = (c:Customer)-[:BOUGHT]->(i:Product)-[:HAS_ATTRIBUTE|IN_CATEGORY|BOUGHT_WITH*1..2]-(p:Product)
WHERE c.id = $customer AND p.id = $product AND i.id <> p.id
RETURN path LIMIT $limit
