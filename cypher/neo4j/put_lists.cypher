// The lists: a customer received a recommendation of a product at a rank.
// $rows: maps with id, customer, product, aisle, rank, score, made
UNWIND $rows AS row MATCH (c:Customer {id: row.customer}) MATCH (p:Product {id: row.product})
CREATE (c)-[:RECEIVED {rank: row.rank}]->(:Recommendation {id: row.id, aisle: row.aisle,
        rank: row.rank, score: row.score, made: row.made})-[:RECOMMENDS]->(p)
