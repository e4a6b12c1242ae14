-- $1 tenant, $2 receipt id. The decision with its actions and what it put off, of one snapshot. Times as the commit was given them. Deferrals are found by the
-- ids of the candidates in the trace: no index has their decision.
SELECT d.decision_id, d.signal_id, d.actor_id, round(extract(epoch FROM d.decided_at) * 1000)::bigint AS decided_at_ms, d.receipt_id,
       d.body, d.trace, d."read", d.receipt,
       (SELECT coalesce(json_agg(json_build_object('actionId', a.action_id, 'playbookId', a.playbook_id, 'playbookVersion', a.playbook_version,
                                                   'actionType', a.action_type, 'payloadHash', a.payload_hash) ORDER BY a.action_id), '[]'::json)
          FROM mmm_actions a WHERE a.tenant_id = d.tenant_id AND a.decision_id = d.decision_id) AS actions,
       (SELECT coalesce(json_agg(json_build_object('actionId', w.action_id, 'attempt', w.attempt,
                                                   'dueAtMs', round(extract(epoch FROM w.due_at) * 1000)::bigint,
                                                   'expiresAtMs', round(extract(epoch FROM w.expires_at) * 1000)::bigint,
                                                   'facts', w.facts) ORDER BY w.action_id), '[]'::json)
          FROM mmm_deferrals w
         WHERE w.tenant_id = d.tenant_id
           AND w.deferral_id = ANY (ARRAY(SELECT m[1] FROM regexp_matches(d.trace, '"action_id":"([^"]+)"', 'g') AS m))) AS deferrals
  FROM mmm_decisions d WHERE d.tenant_id = $1 AND d.receipt_id = $2
