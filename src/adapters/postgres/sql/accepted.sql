-- $1 shard, $2 epoch, $3 cursor. Writes only when the cursor is below the counter and the epoch is the caller's; never lowers.
-- Only a session that starts calls this: it has compared cursor and counter, so the timeline it was done on is kept (design 3.2, "When a store goes back").
UPDATE mmm_shards SET published_upto = greatest(published_upto, $3::bigint), timeline = mmm_timeline()
 WHERE shard = $1 AND epoch = $2::bigint AND $3::bigint < next_number
RETURNING published_upto
