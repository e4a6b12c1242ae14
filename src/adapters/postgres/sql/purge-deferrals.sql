-- $1 rows at most. What still waits stays: its actor's state names it.
WITH due AS (
  SELECT ctid FROM mmm_deferrals WHERE created_at < now() - interval '31 days' AND status <> 'waiting' LIMIT $1
), gone AS (
  DELETE FROM mmm_deferrals w USING due WHERE w.ctid = due.ctid RETURNING 1
)
SELECT count(*)::integer AS n FROM gone
