-- $1 tenant, $2 oldest decided_at, $3 playbook id, $4 its version, $5 most decisions to look at (the newest).
-- Decisions in which that version was triggered and its condition met, whatever stood in the way afterwards. Not what was put off before and came up again,
-- and not what only revised a live card: neither is one more nudge.
WITH sample AS MATERIALIZED (
  SELECT actor_id, decided_at, trace FROM mmm_decisions
   WHERE tenant_id = $1 AND decided_at >= $2::timestamptz ORDER BY decided_at DESC LIMIT $5::integer
), produced AS (
  SELECT s.actor_id FROM sample s
   WHERE EXISTS (
     SELECT FROM json_array_elements(s.trace::json -> 'candidates') c
      WHERE c ->> 'playbook_id' = $3 AND (c ->> 'playbook_version')::integer = $4::integer
        AND c ->> 'continues' IS NULL AND c ->> 'reason_code' IS DISTINCT FROM 'revised'
        AND NOT EXISTS (
          SELECT FROM json_array_elements(c -> 'verdicts') v
           WHERE v ->> 'gate' IN ('eligible', 'signal_quality', 'consent_and_role', 'condition') AND v ->> 'pass' = 'false'))
)
SELECT (SELECT count(*) FROM produced)::integer AS signals,
       (SELECT count(DISTINCT actor_id) FROM produced)::integer AS actors,
       (SELECT (extract(epoch FROM min(decided_at)) * 1000)::bigint::text FROM sample) AS since_ms
