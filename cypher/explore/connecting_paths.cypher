// What connects these two aisles, as a picture?
// $source: name of one aisle
// $target: name of the other aisle
// $limit = 40: paths at the most
// columns: path (product - attribute - product)
// look at: attributes in the middle of many lines; one that hangs on two products only is a coincidence
MATCH path = (s:Product)-[:HAS_ATTRIBUTE]->(a:Attribute)<-[:HAS_ATTRIBUTE]-(t:Product)
WHERE s.aisle = $source AND t.aisle = $target
RETURN path LIMIT $limit
