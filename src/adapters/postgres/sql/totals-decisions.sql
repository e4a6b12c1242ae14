-- $1 tenant, null = all; $2 $3 after this tenant and decision; $4 rows at most; $5 decided_at_ms from which the journal is whole.
SELECT d.tenant_id, d.decision_id, b.body->'candidates' AS candidates,
       json_array_length(b.body->'actions') AS actions,
       (SELECT (count(*) FILTER (WHERE p.variant <> 'digest') + count(DISTINCT p.surface) FILTER (WHERE p.variant = 'digest'))::integer
          FROM (SELECT s.surface, a->'payload'->s.surface->>'variant' AS variant
                  FROM json_array_elements(b.body->'actions') a, json_array_elements_text(a->'surfaces') AS s(surface)) p) AS deliveries,
       (SELECT EXISTS (SELECT FROM json_array_elements(j.facts->'k') k, json_array_elements(k->'places') p WHERE p->>'live' = 'false')
          FROM mmm_journal j WHERE j.tenant_id = d.tenant_id AND j.signal_id = d.signal_id) AS folds,
       (SELECT count(*)::integer FROM json_array_elements(b.body->'actions') a
          JOIN mmm_actions x ON x.tenant_id = d.tenant_id AND x.action_id = a->>'action_id' AND x.decision_id = d.decision_id) AS stored_actions,
       d.receipt <> '' AND d.receipt_id = b.body->>'receipt_id' AS has_receipt,
       CASE WHEN d.decided_at >= to_timestamp($5::double precision / 1000) THEN EXISTS (
         SELECT FROM mmm_journal j WHERE j.tenant_id = d.tenant_id AND j.signal_id = d.signal_id AND j.decision_id = d.decision_id) END AS in_journal
  FROM (SELECT * FROM mmm_decisions
         WHERE ($1::text IS NULL OR tenant_id = $1) AND (tenant_id, decision_id) > ($2, $3)
         ORDER BY tenant_id, decision_id LIMIT $4) d
 CROSS JOIN LATERAL (SELECT d.body::json AS body) b
 ORDER BY d.tenant_id, d.decision_id
