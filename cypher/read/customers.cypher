// Every Customer with its properties.
MATCH (n:Customer)
RETURN n.id AS id, n.text AS text
