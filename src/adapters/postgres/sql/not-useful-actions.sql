-- $1 tenant, $2 how many of each version on probation, newest first. The body goes out as text: PostgreSQL can not take a member out of JSON that has
-- \u0000 anywhere in it, and one such branch name would hide every example.
SELECT x.playbook_id, x.playbook_version AS version, x.action_id, x.action_type, x.actor_id, x.reason, x.body
  FROM mmm_playbook_probation b
 CROSS JOIN LATERAL (
   SELECT a.playbook_id, a.playbook_version, a.action_id, a.action_type, o.actor_id, o.reason, d.body
     FROM mmm_outcomes o
     JOIN mmm_actions a ON a.tenant_id = o.tenant_id AND a.action_id = o.action_id
     JOIN mmm_decisions d ON d.tenant_id = a.tenant_id AND d.decision_id = a.decision_id
    WHERE o.tenant_id = b.tenant_id AND o.reason IS NOT NULL AND (o.reason = 'not_useful' OR o.result = 'dismissed')
      AND a.playbook_id = b.playbook_id AND a.playbook_version = b.version
    ORDER BY o.created_at DESC, o.outcome_id LIMIT $2) x
 WHERE b.tenant_id = $1
