-- $1 group, $2 topics. The partitions that have records the group has not acknowledged.
SELECT h.topic, h."partition", greatest(coalesce(o.next_offset, 0), h.first_offset) AS next
  FROM mmm_log_heads h
  LEFT JOIN mmm_log_offsets o ON o.group_id = $1 AND o.topic = h.topic AND o."partition" = h."partition"
 WHERE h.topic = ANY ($2::text[]) AND h.next_offset > coalesce(o.next_offset, 0)
