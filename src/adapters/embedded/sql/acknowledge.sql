-- $1 group, $2 topic, $3 partition, $4 next offset to read.
INSERT INTO mmm_log_offsets (group_id, topic, "partition", next_offset) VALUES ($1, $2, $3, $4::bigint)
ON CONFLICT (group_id, topic, "partition") DO UPDATE SET next_offset = excluded.next_offset, updated_at = now()
