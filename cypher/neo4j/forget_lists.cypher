// Take away the lists of customers, with their walks.
// $rows: maps with customer
UNWIND $rows AS row MATCH (:Customer {id: row.customer})-[:RECEIVED]->(r:Recommendation)
OPTIONAL MATCH (w:Walk)-[:ADDS]->(r)
DETACH DELETE w, r
