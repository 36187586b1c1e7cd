// Which attributes are so frequent that they say nothing?
// $limit = 30: rows at the most
// columns: kind, value, products, aisles
// look at: the first rows: would you tell a person "because both are ..."?
MATCH (a:Attribute)<-[:HAS_ATTRIBUTE]-(p:Product)
RETURN a.kind AS kind, a.value AS value, count(DISTINCT p) AS products, count(DISTINCT p.aisle) AS aisles
ORDER BY products DESC, kind, value LIMIT $limit
