-- $1 topic, $2 partition, $3 older than this time in ms, $4 records to look at. The lowest offsets are the oldest.
WITH due AS (
  SELECT "offset", ts_ms FROM mmm_log_records WHERE topic = $1 AND "partition" = $2 ORDER BY "offset" LIMIT $4
), gone AS (
  DELETE FROM mmm_log_records r USING due
   WHERE r.topic = $1 AND r."partition" = $2 AND r."offset" = due."offset" AND due.ts_ms < $3::bigint
  RETURNING r."offset"
), moved AS (
  UPDATE mmm_log_heads h SET first_offset = greatest(h.first_offset, (SELECT max("offset") + 1 FROM gone))
   WHERE h.topic = $1 AND h."partition" = $2 AND EXISTS (SELECT FROM gone)
)
SELECT count(*)::integer AS deleted FROM gone
