// Wait until the vector index holds all vectors.
CALL db.awaitIndexes(300)
