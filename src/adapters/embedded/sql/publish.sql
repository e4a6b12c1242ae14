-- $1 fence name, $2 fence, $3 group, $4 input topic, $5 cursor topic, $6 partition, $7 next input offset or null, $8 cursor; then as append.sql.
SELECT mmm_log_publish($1, $2::bigint, $3, $4, $5, $6, $7::bigint, $8::bigint, $9, $10, $11, $12, $13, $14, $15, $16)
