// Constraints and indexes of the graph on Neo4j: made first, so that every MERGE and MATCH on an id is a lookup.
CREATE CONSTRAINT product_id IF NOT EXISTS FOR (n:Product) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT category_id IF NOT EXISTS FOR (n:Category) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT attribute_id IF NOT EXISTS FOR (n:Attribute) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT customer_id IF NOT EXISTS FOR (n:Customer) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT basket_id IF NOT EXISTS FOR (n:Basket) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT crossaisle_build_id IF NOT EXISTS FOR (n:CrossaisleBuild) REQUIRE n.id IS UNIQUE;
CREATE INDEX product_aisle IF NOT EXISTS FOR (n:Product) ON (n.aisle);
CREATE INDEX attribute_kind IF NOT EXISTS FOR (n:Attribute) ON (n.kind);
CALL db.awaitIndexes(300);
