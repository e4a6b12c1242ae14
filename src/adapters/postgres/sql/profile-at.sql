-- $1 tenant, $2 actor, $3 moment in milliseconds. Profiles are not kept as they were: between two changes of it (the audit has their times) it is what any
-- decision of that time read; after the last one it is today's.
WITH bounds AS (
  SELECT max(at) FILTER (WHERE at <= to_timestamp($3::bigint / 1000.0)) AS since,
         min(at) FILTER (WHERE at > to_timestamp($3::bigint / 1000.0)) AS until
    FROM mmm_audit WHERE tenant_id = $1 AND subject = $2 AND what = 'actor_profile_changed'
)
SELECT b.until IS NULL AS is_todays, a.profile AS todays, d.read
  FROM bounds b
  LEFT JOIN LATERAL (SELECT profile FROM mmm_actors x WHERE x.tenant_id = $1 AND x.actor_id = $2 LIMIT 1) a ON true
  LEFT JOIN LATERAL (SELECT "read" AS read FROM mmm_decisions x
                      WHERE x.tenant_id = $1 AND x.actor_id = $2 AND x.decided_at < b.until
                        AND x.decided_at >= coalesce(b.since, '-infinity') LIMIT 1) d ON true
