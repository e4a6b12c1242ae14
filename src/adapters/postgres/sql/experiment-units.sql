-- $1 tenant, $2 experiment, $3 since. Distinct units per arm, from the traces of the decisions: what was recorded, not what the hash would say now.
-- The assignments come first in a trace (domain/decision/trace.ts) and hold slugs, numbers and digests only, so they can be cut out and read as JSON, which
-- the rest of a trace can not: a fact in it may be a text that PostgreSQL's JSON refuses.
SELECT x ->> 'arm' AS arm, count(DISTINCT coalesce('cluster ' || (x ->> 'cluster'), 'actor ' || d.actor_id))::integer AS units
  FROM mmm_decisions d
 CROSS JOIN LATERAL json_array_elements(substring(d.trace FROM '^\{"assignments":(\[[^]]*\])')::json) x
 WHERE d.tenant_id = $1 AND d.decided_at >= $3 AND d.trace LIKE '{"assignments":[%' AND x ->> 'experiment' = $2
 GROUP BY 1 ORDER BY 1
