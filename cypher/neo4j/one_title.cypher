// A product that has a title, if there is any.
MATCH (p:Product) WHERE p.title IS NOT NULL RETURN p.id AS id LIMIT 1
