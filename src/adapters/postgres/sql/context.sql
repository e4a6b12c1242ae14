-- $1 tenant, $2 not before this event time, $3 rows at most, newest first. Index mmm_journal_context (migrations/0008).
SELECT at_ms, facts FROM mmm_journal
 WHERE tenant_id = $1 AND at_ms >= $2::bigint AND facts::text LIKE '{"x":%'
 ORDER BY at_ms DESC LIMIT $3
