-- $1 rows at most. 31 days: the fold reads a day more than 30.
WITH due AS (
  SELECT ctid FROM mmm_journal
   WHERE decided_at_ms < (extract(epoch FROM now() - interval '31 days') * 1000)::bigint LIMIT $1
), gone AS (
  DELETE FROM mmm_journal j USING due WHERE j.ctid = due.ctid RETURNING 1
)
SELECT count(*)::integer AS n FROM gone
