// Which products does a brand join across aisles, as a picture?
// $brand: the brand as people write it
// $limit = 60: paths at the most
// columns: path (product - brand - product of another aisle)
// look at: colours of the two sides: the aisles that meet in this brand
MATCH path = (s:Product)-[:HAS_ATTRIBUTE]->(a:Attribute)<-[:HAS_ATTRIBUTE]-(t:Product)
WHERE a.kind = 'brand' AND a.value = $brand AND s.aisle < t.aisle
RETURN path LIMIT $limit
