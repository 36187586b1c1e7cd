// Which attributes and categories were found with the least confidence?
// $below = 0.7: only those under it, in (0, 1]
// $limit = 50: rows at the most
// columns: id, title, relationship, found, source, confidence
MATCH (p:Product)-[r:HAS_ATTRIBUTE|IN_CATEGORY]->(n:Attribute|Category) WHERE r.confidence < $below
RETURN p.id AS id, p.title AS title,
       CASE WHEN n.kind IS NULL THEN 'IN_CATEGORY' ELSE 'HAS_ATTRIBUTE' END AS relationship,
       n.id AS found, r.source AS source, r.confidence AS confidence
ORDER BY confidence, id, found LIMIT $limit
