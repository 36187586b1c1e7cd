// A vector index over the products' embeddings, made anew: a model may have longer or shorter vectors.
DROP INDEX product_embedding IF EXISTS;
CREATE VECTOR INDEX product_embedding FOR (p:Product) ON (p.embedding) OPTIONS $options;
