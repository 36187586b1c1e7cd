// The terms of each score: ADDS carries what a walk, the bias or the rest adds to it; LEADS begins a walk at
// the product of the history; THROUGH names what it passes, step by step. A statement each:
// every term; the walks among them; what they pass, by label.
// $rows: maps with id, recommendation, kind, contribution, number; product; node, step, relationship
UNWIND $rows AS row MATCH (r:Recommendation {id: row.recommendation})
CREATE (:Walk {id: row.id, kind: row.kind, number: row.number, contribution: row.contribution})
       -[:ADDS {contribution: row.contribution}]->(r);
UNWIND $rows AS row MATCH (w:Walk {id: row.id}) MATCH (i:Product {id: row.product})
CREATE (i)-[:LEADS]->(w);
UNWIND $rows AS row MATCH (w:Walk {id: row.id}) MATCH (n:Product {id: row.node})
CREATE (w)-[:THROUGH {step: row.step, by: row.relationship}]->(n);
UNWIND $rows AS row MATCH (w:Walk {id: row.id}) MATCH (n:Category {id: row.node})
CREATE (w)-[:THROUGH {step: row.step, by: row.relationship}]->(n);
UNWIND $rows AS row MATCH (w:Walk {id: row.id}) MATCH (n:Attribute {id: row.node})
CREATE (w)-[:THROUGH {step: row.step, by: row.relationship}]->(n);
