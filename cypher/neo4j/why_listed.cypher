// Why was this product put on this customer's list, as a picture?
// $customer: id of the customer
// $product: id of the product
// columns: path (product of the history - walk - recommendation), through (what the walk passes)
// look at: the number on each ADDS: they add up to the score of the recommendation
MATCH (c:Customer)-[:RECEIVED]->(r:Recommendation)-[:RECOMMENDS]->(p:Product)
WHERE c.id = $customer AND p.id = $product
MATCH path = (w:Walk)-[:ADDS]->(r)
OPTIONAL MATCH start = (:Product)-[:LEADS]->(w)
OPTIONAL MATCH through = (w)-[:THROUGH]->()
RETURN path, start, through
