// Which products were bought for the first time last?
// $limit = 30: rows at the most
// columns: first_bought, id, title, aisle, customers
// look at: the head of the list: their attributes, not their buyers, must carry a recommendation
MATCH (c:Customer)-[b:BOUGHT]->(p:Product) WHERE b.time IS NOT NULL
RETURN min(b.time) AS first_bought, p.id AS id, p.title AS title, p.aisle AS aisle,
       count(DISTINCT c) AS customers
ORDER BY first_bought DESC, id LIMIT $limit
