-- $1 tenant, $2 decision, $3 action, $4 outcome id. One row always: `action` null when the tenant has no such action of that decision, `stored` null
-- when it has no such outcome. One statement, so one snapshot.
SELECT (SELECT json_build_object(
          'actor', d.actor_id, 'playbook', a.playbook_id, 'version', a.playbook_version, 'type', a.action_type, 'read', d."read", 'trace', d.trace, 'receipt', d.receipt,
          'outcomes', (SELECT coalesce(json_agg(json_build_array(
                                o.outcome_id, o.actor_id, o.decision_id, o.action_id, o.result, o.reason,
                                round(extract(epoch FROM o.occurred_at) * 1000)::bigint, round(extract(epoch FROM o.created_at) * 1000)::bigint,
                                o.receipt_id) ORDER BY o.created_at, o.outcome_id), '[]'::json)
                         FROM mmm_outcomes o WHERE o.tenant_id = $1 AND o.action_id = $3))
          FROM mmm_actions a JOIN mmm_decisions d ON d.tenant_id = a.tenant_id AND d.decision_id = a.decision_id
         WHERE a.tenant_id = $1 AND a.action_id = $3 AND a.decision_id = $2) AS action,
       (SELECT json_build_array(o.outcome_id, o.actor_id, o.decision_id, o.action_id, o.result, o.reason,
                                round(extract(epoch FROM o.occurred_at) * 1000)::bigint, round(extract(epoch FROM o.created_at) * 1000)::bigint,
                                o.receipt_id)
          FROM mmm_outcomes o WHERE o.tenant_id = $1 AND o.outcome_id = $4) AS stored
