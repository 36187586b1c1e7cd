// What lies around a category, as a picture?
// $category: id of the category
// $limit = 60: paths at the most
// columns: path (category - up to two steps up or down - category)
// look at: siblings: categories that hang on the same parent
MATCH path = (c:Category)-[:PART_OF*1..2]-(n:Category) WHERE c.id = $category AND n.id <> c.id
RETURN path LIMIT $limit
