// Begin and end of a build. The id of the claim is held by a transaction that stays open while the build runs: the
// server lets no other have it, and ends the transaction when its client is gone, however it went.
// The holder is there for the batches: each makes sure, in its own transaction, that the build still is ours.
// $token: what tells this build from others
MERGE (:CrossaisleBuild {id: 'claim'});
MERGE (b:CrossaisleBuild {id: 'holder'}) SET b.token = $token;
MATCH (b:CrossaisleBuild {id: 'holder', token: $token}) SET b.token = $token RETURN b.id AS id;
MATCH (b:CrossaisleBuild) WHERE b.id = 'claim' OR b.token = $token DELETE b;
