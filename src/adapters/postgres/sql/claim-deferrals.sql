-- $1 now in milliseconds, $2 rows at most. Rows that another scheduler is claiming are skipped, not waited for.
-- Claimed is not done: until a commit closes the row it comes again after 1, 2, 4 ... 1,024 minutes, for the record that got lost. Doubling, because
-- while DECIDE stands still every record handed out again would only make its backlog longer.
WITH due AS MATERIALIZED (
  SELECT tenant_id, deferral_id FROM mmm_deferrals
   WHERE status = 'waiting' AND next_at <= to_timestamp($1::bigint / 1000.0)
   ORDER BY next_at LIMIT $2 FOR UPDATE SKIP LOCKED
)
UPDATE mmm_deferrals w
   SET handed_out = w.handed_out + 1,
       next_at = to_timestamp($1::bigint / 1000.0) + least(power(2, w.handed_out), 1024) * interval '1 minute'
  FROM due
 WHERE w.tenant_id = due.tenant_id AND w.deferral_id = due.deferral_id
RETURNING w.tenant_id, w.actor_id, w.decision_id, w.action_id, w.attempt,
          round(extract(epoch FROM w.due_at) * 1000)::bigint AS due_ms, w.facts
