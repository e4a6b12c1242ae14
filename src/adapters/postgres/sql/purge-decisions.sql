-- $1 rows at most.
WITH due AS (
  SELECT ctid FROM mmm_decisions WHERE created_at < now() - interval '90 days' AND NOT legal_hold LIMIT $1
), gone AS (
  DELETE FROM mmm_decisions d USING due WHERE d.ctid = due.ctid RETURNING d.tenant_id, d.decision_id
), actions AS (
  DELETE FROM mmm_actions a USING gone g WHERE a.tenant_id = g.tenant_id AND a.decision_id = g.decision_id RETURNING 1
)
SELECT count(*)::integer AS n FROM gone
