// Which indexes does the database have, beside those of its constraints?
// columns: name, kind, label, properties, state
SHOW INDEXES YIELD name, type, labelsOrTypes, properties, state, owningConstraint
WHERE owningConstraint IS NULL AND type <> 'LOOKUP'
RETURN name, type AS kind, labelsOrTypes[0] AS label, properties, state ORDER BY label, name
