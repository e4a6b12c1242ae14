-- $1 shard, $2 epoch, $3 number. Writes only when number is below the counter and the epoch is the caller's; never lowers.
-- Not on a timeline that no session has accepted: sent before a failover and run after it, the number can be below the counter while the cursor is
-- above, and whoever then committed was given numbers that are published already.
-- The note is a lower bound: one that a crash of the server takes away is told again by the next session. So it does not wait for the disk, which held the
-- shard's row, and with it the next commit, for a flush. The first of a shard does wait: it is what tells a lost cursor from one that never was.
WITH lazily AS MATERIALIZED (
  SELECT set_config('synchronous_commit', 'off', true) FROM mmm_shards WHERE shard = $1 AND published_upto >= 0
)
UPDATE mmm_shards SET published_upto = greatest(published_upto, $3::bigint)
 WHERE shard = $1 AND epoch = $2::bigint AND $3::bigint < next_number AND timeline = mmm_timeline() AND (SELECT count(*) FROM lazily) >= 0
RETURNING published_upto
