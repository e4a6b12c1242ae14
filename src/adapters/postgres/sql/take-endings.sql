-- $1 now in milliseconds, $2 rows at most of each kind. Rows that another scheduler is taking are skipped, not waited for.
-- A new ending asks who else has something open about it; a newly opened matter whether it was ended already, because events come late. Taken is not
-- settled: what is not settled comes again after 1, 2, 4 ... 1,024 minutes.
WITH ended AS MATERIALIZED (
  SELECT tenant_id, matter FROM mmm_endings
   WHERE next_at <= to_timestamp($1::bigint / 1000.0) ORDER BY next_at LIMIT $2 FOR UPDATE SKIP LOCKED
), opened AS MATERIALIZED (
  SELECT tenant_id, matter, actor_id FROM mmm_open_matters
   WHERE next_at <= to_timestamp($1::bigint / 1000.0) ORDER BY next_at LIMIT $2 FOR UPDATE SKIP LOCKED
), e AS (
  UPDATE mmm_endings x
     SET handed_out = x.handed_out + 1,
         next_at = to_timestamp($1::bigint / 1000.0) + least(power(2, x.handed_out), 1024) * interval '1 minute'
    FROM ended WHERE x.tenant_id = ended.tenant_id AND x.matter = ended.matter
  RETURNING x.tenant_id, x.matter, x.actor_id, x.at_ms, x.facts, x.next_at
), m AS (
  UPDATE mmm_open_matters x
     SET handed_out = x.handed_out + 1,
         next_at = to_timestamp($1::bigint / 1000.0) + least(power(2, x.handed_out), 1024) * interval '1 minute'
    FROM opened WHERE x.tenant_id = opened.tenant_id AND x.matter = opened.matter AND x.actor_id = opened.actor_id
  RETURNING x.tenant_id, x.matter, x.actor_id, x.actor_type, x.since_ms, x.next_at
)
SELECT 'ending' AS kind, e.tenant_id, e.matter, '' AS of_actor, e.next_at::text AS taken, e.facts, h.actor_id, h.actor_type
  FROM e LEFT JOIN LATERAL (
    SELECT o.actor_id, o.actor_type FROM mmm_open_matters o
     WHERE o.tenant_id = e.tenant_id AND o.matter = e.matter AND o.actor_id <> e.actor_id AND o.since_ms <= e.at_ms
       AND o.until > to_timestamp($1::bigint / 1000.0)) h ON true
UNION ALL
SELECT 'matter', m.tenant_id, m.matter, m.actor_id, m.next_at::text, n.facts, CASE WHEN n.facts IS NOT NULL THEN m.actor_id END, m.actor_type
  FROM m LEFT JOIN LATERAL (
    SELECT o.facts FROM mmm_endings o WHERE o.tenant_id = m.tenant_id AND o.matter = m.matter AND o.at_ms >= m.since_ms LIMIT 1) n ON true
