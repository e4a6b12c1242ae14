-- $1 tenant, $2 not before this event time, $3 decided up to this moment, $4 rows at most, newest first. As context.sql, at a moment that is past.
SELECT at_ms, decided_at_ms, facts FROM mmm_journal
 WHERE tenant_id = $1 AND at_ms >= $2::bigint AND facts::text LIKE '{"x":%' AND decided_at_ms <= $3::bigint
 ORDER BY at_ms DESC LIMIT $4
