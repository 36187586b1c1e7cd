// Constraints of what write-back adds.
CREATE CONSTRAINT recommendation_id IF NOT EXISTS FOR (n:Recommendation) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT walk_id IF NOT EXISTS FOR (n:Walk) REQUIRE n.id IS UNIQUE;
CALL db.awaitIndexes(300);
