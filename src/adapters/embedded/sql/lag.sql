-- $1 group, $2 topics. Records the group has not acknowledged, and the time of the oldest of them.
SELECT coalesce(sum(greatest(h.next_offset - w.next, 0)), 0)::text AS records, min(r.ts_ms)::text AS oldest_ms
  FROM mmm_log_heads h
  LEFT JOIN mmm_log_offsets o ON o.group_id = $1 AND o.topic = h.topic AND o."partition" = h."partition"
 CROSS JOIN LATERAL (SELECT greatest(coalesce(o.next_offset, 0), h.first_offset) AS next) w
  LEFT JOIN LATERAL (
    SELECT x.ts_ms FROM mmm_log_records x
     WHERE x.topic = h.topic AND x."partition" = h."partition" AND x."offset" >= w.next
     ORDER BY x."offset" LIMIT 1
  ) r ON h.next_offset > w.next
 WHERE h.topic = ANY ($2::text[])
