// Every Attribute with its properties.
MATCH (n:Attribute)
RETURN n.id AS id, n.kind AS kind, n.value AS value
