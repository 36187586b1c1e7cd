// Is there anything in the database?
MATCH (n) RETURN 1 AS one LIMIT 1
