-- $1 shard, $2 number. Only an operator lowers it, and only as far as every row is there to be published again.
UPDATE mmm_shards s SET published_upto = $2::bigint
 WHERE s.shard = $1 AND s.published_upto > $2::bigint
   AND (SELECT count(*) FROM mmm_outbox o WHERE o.shard = $1 AND o.number > $2::bigint AND o.number <= s.published_upto) = s.published_upto - $2::bigint
RETURNING s.published_upto
