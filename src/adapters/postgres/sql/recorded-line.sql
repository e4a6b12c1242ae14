-- $1 tenant, $2 id of a signal, a decision or an action.
SELECT j.actor_id,
       json_build_array(j.kind, j.version, j.signal_id, j.decision_id, j.result, j.at_ms, j.decided_at_ms, j.facts) AS entry,
       j.signal, d."read", d.trace
  FROM mmm_journal j
  LEFT JOIN mmm_decisions d ON d.tenant_id = j.tenant_id AND d.decision_id = j.decision_id
 WHERE j.tenant_id = $1 AND j.kind = 'signal'
   AND j.signal_id = coalesce(
     (SELECT x.signal_id FROM mmm_decisions x WHERE x.tenant_id = $1 AND x.decision_id = $2),
     (SELECT x.signal_id FROM mmm_actions a JOIN mmm_decisions x ON x.tenant_id = $1 AND x.decision_id = a.decision_id
       WHERE a.tenant_id = $1 AND a.action_id = $2),
     $2)
