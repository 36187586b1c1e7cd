// Which products have two values of one kind that should have one?
// $kind = 'brand': kind of attribute
// $limit = 50: rows at the most
// columns: id, title, one, other, one_source, other_source
// look at: sources: a value of the feed against one found in the title
MATCH (a:Attribute)<-[r:HAS_ATTRIBUTE]-(p:Product)-[s:HAS_ATTRIBUTE]->(b:Attribute)
WHERE a.kind = $kind AND b.kind = $kind AND a.id < b.id
RETURN p.id AS id, p.title AS title, a.value AS one, b.value AS other, r.source AS one_source,
       s.source AS other_source
ORDER BY id, one, other LIMIT $limit
