-- $1 tenant, $2 oldest decided_at_ms, $3 exact event types, $4 prefixes of event types.
-- Signals of people that fit the types, how many people sent them, and since when the journal knows anything. An event type with \u0000 can not be read
-- out of json and fits no pattern that a playbook may hold.
SELECT count(*) FILTER (WHERE f.fits)::integer AS signals,
       count(DISTINCT f.actor_id) FILTER (WHERE f.fits)::integer AS actors,
       min(f.decided_at_ms)::text AS since_ms
  FROM (SELECT j.actor_id, j.decided_at_ms,
               j.type IS NOT NULL AND (j.type = ANY ($3::text[]) OR EXISTS (SELECT FROM unnest($4::text[]) p WHERE starts_with(j.type, p))) AS fits
          FROM (SELECT actor_id, decided_at_ms,
                       CASE WHEN position('\u0000' IN facts::text) = 0 THEN facts -> 'r' ->> 'type' END AS type
                  FROM mmm_journal
                 WHERE tenant_id = $1 AND decided_at_ms >= $2::bigint AND kind = 'signal' AND actor_id <> '') j) f
