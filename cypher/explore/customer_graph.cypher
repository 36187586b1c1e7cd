// What did a customer buy, and what does it hang on, as a picture?
// $customer: id of the customer
// $limit = 60: paths at the most
// columns: path (customer - product - attribute or category)
// look at: nodes where several purchases meet: that is what this person is about
MATCH path = (c:Customer)-[:BOUGHT]->(p:Product)-[:HAS_ATTRIBUTE|IN_CATEGORY]->(n:Attribute|Category)
WHERE c.id = $customer
RETURN path LIMIT $limit
