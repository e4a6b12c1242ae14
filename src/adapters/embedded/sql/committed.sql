-- $1 group, $2 partition, $3 topics.
SELECT topic, next_offset FROM mmm_log_offsets WHERE group_id = $1 AND "partition" = $2 AND topic = ANY ($3::text[])
