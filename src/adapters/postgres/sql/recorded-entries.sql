-- $1 tenant, $2 actor, $3 below this version, $4 oldest decided_at_ms.
SELECT json_build_array(j.kind, j.version, j.signal_id, j.decision_id, j.result, j.at_ms, j.decided_at_ms, j.facts) AS entry
  FROM mmm_journal j
 WHERE j.tenant_id = $1 AND j.actor_id = $2 AND j.version < $3 AND j.decided_at_ms >= $4::bigint
 ORDER BY j.version
