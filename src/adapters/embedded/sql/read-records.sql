-- $1 topic, $2 partition, $3 from this offset on, $4 records at most, $5 bytes at most (but one record at least).
SELECT w."offset", w.ts_ms, w.key, w.value, w.headers FROM (
  SELECT x.*, row_number() OVER o AS nth,
         sum(coalesce(octet_length(x.value), 0) + coalesce(octet_length(x.key), 0) + octet_length(x.headers)) OVER o AS bytes
    FROM (SELECT "offset", ts_ms, key, value, headers FROM mmm_log_records
           WHERE topic = $1 AND "partition" = $2 AND "offset" >= $3::bigint ORDER BY "offset" LIMIT $4) x
  WINDOW o AS (ORDER BY x."offset")
) w WHERE w.nth = 1 OR w.bytes <= $5::bigint
ORDER BY w."offset"
