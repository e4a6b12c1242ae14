-- $1 shard, $2 rows to look at. The lowest numbers are the oldest: when none of them is due, nothing is.
-- The bound is read here, from the row itself: what a caller remembers may be of another history.
DELETE FROM mmm_outbox o
 USING (SELECT number, created_at FROM mmm_outbox
         WHERE shard = $1 AND number <= (SELECT published_upto FROM mmm_shards WHERE shard = $1)
         ORDER BY number LIMIT $2) due
 WHERE o.shard = $1 AND o.number = due.number AND due.created_at < now() - interval '1 day'
RETURNING o.number
