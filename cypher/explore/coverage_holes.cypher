// Where does the catalogue have holes?
// columns: aisle, products, no_category, no_attribute, no_title, no_price, never_bought
// look at: the share of each hole: an aisle without attributes can be crossed by people alone
MATCH (p:Product)
WITH p, CASE WHEN EXISTS { MATCH (p)-[:IN_CATEGORY]->(:Category) } THEN 0 ELSE 1 END AS category,
     CASE WHEN EXISTS { MATCH (p)-[:HAS_ATTRIBUTE]->(:Attribute) } THEN 0 ELSE 1 END AS attribute,
     CASE WHEN p.title IS NULL THEN 1 ELSE 0 END AS title,
     CASE WHEN p.price IS NULL THEN 1 ELSE 0 END AS price,
     CASE WHEN EXISTS { MATCH (:Customer)-[:BOUGHT]->(p) } THEN 0 ELSE 1 END AS bought
RETURN p.aisle AS aisle, count(*) AS products, sum(category) AS no_category,
       sum(attribute) AS no_attribute, sum(title) AS no_title, sum(price) AS no_price,
       sum(bought) AS never_bought
ORDER BY products DESC, aisle
