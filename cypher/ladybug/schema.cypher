// The tables of the embedded store: crossaisle.graph.schema, said in Cypher.
CREATE NODE TABLE Product(id STRING, title STRING, description STRING, aisle STRING, price DOUBLE, image STRING, PRIMARY KEY(id));
CREATE NODE TABLE Category(id STRING, name STRING, path STRING, PRIMARY KEY(id));
CREATE NODE TABLE Attribute(id STRING, kind STRING, value STRING, PRIMARY KEY(id));
CREATE NODE TABLE Customer(id STRING, text STRING, PRIMARY KEY(id));
CREATE NODE TABLE Basket(id STRING, PRIMARY KEY(id));
CREATE REL TABLE IN_CATEGORY(FROM Product TO Category, source STRING, confidence DOUBLE);
CREATE REL TABLE PART_OF(FROM Category TO Category);
CREATE REL TABLE HAS_ATTRIBUTE(FROM Product TO Attribute, source STRING, confidence DOUBLE);
CREATE REL TABLE BOUGHT(FROM Customer TO Product, time TIMESTAMP, position DOUBLE, type STRING, quantity DOUBLE, price DOUBLE, rating DOUBLE);
CREATE REL TABLE CONTAINS(FROM Basket TO Product, time TIMESTAMP, quantity DOUBLE, price DOUBLE);
CREATE REL TABLE BOUGHT_WITH(FROM Product TO Product, weight DOUBLE, count UINT32);
