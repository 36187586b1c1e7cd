// Every Category with its properties.
MATCH (n:Category)
RETURN n.id AS id, n.name AS name, n.path AS path
