// Values that the guide's questions can be asked with: each statement gives one row or none.
// The two aisles that are most bought together.
MATCH (s:Product)-[:BOUGHT_WITH]-(t:Product) WHERE s.aisle < t.aisle
RETURN s.aisle AS source, t.aisle AS target, count(*) AS pairs ORDER BY pairs DESC, source, target LIMIT 1;
// A customer whose purchases fill a picture without crowding it, and a product that about six walks reach.
MATCH (c:Customer)-[:BOUGHT]->(p:Product)
WITH c, count(DISTINCT p) AS products, count(DISTINCT p.aisle) AS aisles WHERE products <= 12
WITH c, products, aisles ORDER BY aisles DESC, products DESC, c.id LIMIT 5
MATCH (c)-[:BOUGHT]->(:Product)-[:HAS_ATTRIBUTE]->(:Attribute)<-[:HAS_ATTRIBUTE]-(o:Product)
WHERE NOT (c)-[:BOUGHT]->(o)
WITH c, o, count(*) AS walks
RETURN c.id AS customer, o.id AS product ORDER BY abs(walks - 6), customer, product LIMIT 1;
// The brand that most aisles carry.
MATCH (a:Attribute {kind: 'brand'})<-[:HAS_ATTRIBUTE]-(p:Product)
RETURN a.value AS brand, count(DISTINCT p.aisle) AS aisles, count(*) AS products
ORDER BY aisles DESC, products DESC, brand LIMIT 1;
// A category in the middle of the tree.
MATCH (c:Category)-[:PART_OF]->(:Category)
OPTIONAL MATCH (c)<-[:PART_OF]-(n:Category)
RETURN c.id AS category, count(n) AS below ORDER BY below DESC, category LIMIT 1;
