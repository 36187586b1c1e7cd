// Which constraints does the database keep?
// columns: name, kind, label, properties
SHOW CONSTRAINTS YIELD name, type, labelsOrTypes, properties
RETURN name, type AS kind, labelsOrTypes[0] AS label, properties ORDER BY label, name
