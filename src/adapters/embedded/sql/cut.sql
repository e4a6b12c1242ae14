-- $1 topic, $2 partition, $3 first offset that stays. Never beyond the end, so that the next record has the next number.
WITH gone AS (
  DELETE FROM mmm_log_records WHERE topic = $1 AND "partition" = $2 AND "offset" < $3::bigint
)
UPDATE mmm_log_heads SET first_offset = greatest(first_offset, least($3::bigint, next_offset))
 WHERE topic = $1 AND "partition" = $2
