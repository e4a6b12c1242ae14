-- $1 rows at most. None under legal hold (R-108, R-109); what became of a decision outlives the decision (C-25).
WITH due AS (
  SELECT ctid FROM mmm_outcomes WHERE created_at < now() - interval '365 days' AND NOT legal_hold LIMIT $1
), gone AS (
  DELETE FROM mmm_outcomes o USING due WHERE o.ctid = due.ctid RETURNING 1
)
SELECT count(*)::integer AS n FROM gone
