-- $1 tenant, $2 decision, $3 action, $4 outcome id. One row always: `action` null when the tenant has no such action of that decision, `stored` null
-- when it has no such outcome. One statement, so one snapshot. `told` is small: what was reported of one action, and one outcome.
WITH told AS (
  SELECT o.action_id, o.outcome_id, o.created_at, json_build_object(
           'outcomeId', o.outcome_id, 'actorId', o.actor_id, 'decisionId', o.decision_id, 'actionId', o.action_id, 'result', o.result, 'reason', o.reason,
           'occurredAtMs', round(extract(epoch FROM o.occurred_at) * 1000)::bigint, 'recordedAtMs', round(extract(epoch FROM o.created_at) * 1000)::bigint,
           'receiptId', o.receipt_id) AS one
    FROM mmm_outcomes o WHERE o.tenant_id = $1 AND (o.action_id = $3 OR o.outcome_id = $4)
)
SELECT (SELECT json_build_object(
          'actorId', d.actor_id, 'playbookId', a.playbook_id, 'playbookVersion', a.playbook_version, 'actionType', a.action_type,
          'read', d."read", 'trace', d.trace, 'receipt', d.receipt,
          'outcomes', (SELECT coalesce(json_agg(one ORDER BY created_at, outcome_id), '[]'::json) FROM told WHERE action_id = $3))
          FROM mmm_actions a JOIN mmm_decisions d ON d.tenant_id = a.tenant_id AND d.decision_id = a.decision_id
         WHERE a.tenant_id = $1 AND a.action_id = $3 AND a.decision_id = $2) AS action,
       (SELECT one FROM told WHERE outcome_id = $4) AS stored
