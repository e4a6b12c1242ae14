-- $1 shard, $2 after this number, $3 rows at most, $4 bytes at most (but one row at least).
-- The shard's counter comes from the same snapshot, so that rows missing at the end are seen as a gap and not as "nothing there". So does whether
-- this is still the history that the session has compared its cursor with: an idle session asks nothing else, and would not notice a failover.
SELECT s.next_number, s.timeline = mmm_timeline() AS compared, o.number, o.topic, o.key, o.value, o.headers
  FROM mmm_shards s
  LEFT JOIN LATERAL (
    SELECT w.* FROM (
      SELECT x.*, row_number() OVER w AS nth,
             sum(coalesce(octet_length(x.value), 0) + coalesce(octet_length(x.key), 0) + octet_length(x.headers)) OVER w AS bytes
        FROM (SELECT number, topic, key, value, headers FROM mmm_outbox
               WHERE shard = $1 AND number > $2::bigint ORDER BY number LIMIT $3) x
      WINDOW w AS (ORDER BY x.number)
    ) w WHERE w.nth = 1 OR w.bytes <= $4::bigint
  ) o ON true
 WHERE s.shard = $1
 ORDER BY o.number
