// Where do attributes come from, and how sure are they?
// columns: kind, source, products, mean_confidence, lowest_confidence
// look at: kinds that are found in titles only, with low confidence: check those by hand
MATCH (p:Product)-[r:HAS_ATTRIBUTE]->(a:Attribute)
RETURN a.kind AS kind, r.source AS source, count(DISTINCT p) AS products,
       avg(r.confidence) AS mean_confidence, min(r.confidence) AS lowest_confidence
ORDER BY products DESC, kind, source
