// Which products does no walk reach?
// Nobody bought them with anything, and no other product shares an attribute or a category with them.
// $limit = 100: rows at the most
// columns: aisle, id, title
// look at: whether their titles hold words that ought to be attributes
MATCH (p:Product)
WHERE NOT EXISTS { MATCH (p)-[:BOUGHT_WITH]-(:Product) }
  AND NOT EXISTS { MATCH (p)-[:HAS_ATTRIBUTE]->(:Attribute)<-[:HAS_ATTRIBUTE]-(o:Product) WHERE o.id <> p.id }
  AND NOT EXISTS { MATCH (p)-[:IN_CATEGORY]->(:Category)<-[:IN_CATEGORY]-(q:Product) WHERE q.id <> p.id }
RETURN p.aisle AS aisle, p.id AS id, p.title AS title
ORDER BY aisle, id LIMIT $limit
