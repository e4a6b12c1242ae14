-- $1 tenant, $2 receipt id. The outcome with the decision it is of (null when that is deleted), of one snapshot.
SELECT o.outcome_id, o.actor_id, o.decision_id, o.action_id, o.result, o.reason, o.receipt,
       round(extract(epoch FROM o.occurred_at) * 1000)::bigint AS occurred_at_ms, round(extract(epoch FROM o.created_at) * 1000)::bigint AS recorded_at_ms,
       d.receipt AS decision_receipt, d."read", d.trace,
       a.playbook_id, a.playbook_version, a.action_type, a.payload_hash
  FROM mmm_outcomes o
  LEFT JOIN mmm_decisions d ON d.tenant_id = o.tenant_id AND d.decision_id = o.decision_id
  LEFT JOIN mmm_actions a ON a.tenant_id = o.tenant_id AND a.action_id = o.action_id AND a.decision_id = o.decision_id
 WHERE o.tenant_id = $1 AND o.receipt_id = $2
