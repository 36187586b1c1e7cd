// Do the numbers on the edges add up to the score of each recommendation?
// $customer: id of the customer
// columns: rank, product, title, score, sum (of ADDS.contribution), difference
// look at: difference: nothing but rounding
MATCH (c:Customer)-[:RECEIVED]->(r:Recommendation)-[:RECOMMENDS]->(p:Product) WHERE c.id = $customer
MATCH (:Walk)-[a:ADDS]->(r)
WITH r, p, sum(a.contribution) AS total
RETURN r.rank AS rank, p.id AS product, p.title AS title, r.score AS score, total AS sum,
       r.score - total AS difference
ORDER BY r.aisle, rank
