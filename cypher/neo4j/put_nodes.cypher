// Nodes that are new or changed, a statement a label in the order of crossaisle.graph.schema.NODES.
// MERGE on the constrained id, so a node is never there twice. += leaves what others have put on the
// node (an embedding, say) and takes away what is null.
// parameters: the columns of the label, lists of the same length; null in place of a list of nulls
UNWIND range(0, size($id) - 1) AS i MERGE (n:Product {id: $id[i]})
SET n += {title: $title[i], description: $description[i], aisle: $aisle[i], price: $price[i], image: $image[i]};
UNWIND range(0, size($id) - 1) AS i MERGE (n:Category {id: $id[i]})
SET n += {name: $name[i], path: $path[i]};
UNWIND range(0, size($id) - 1) AS i MERGE (n:Attribute {id: $id[i]})
SET n += {kind: $kind[i], value: $value[i]};
UNWIND range(0, size($id) - 1) AS i MERGE (n:Customer {id: $id[i]})
SET n += {text: $text[i]};
UNWIND range(0, size($id) - 1) AS i MERGE (n:Basket {id: $id[i]});
