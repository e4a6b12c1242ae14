-- $1 tenant, $2 actor. Facts as their text: what is stored is compared with what was digested, byte for byte.
SELECT json_build_array(j.kind, j.version, j.signal_id, j.decision_id, j.result, j.at_ms, j.decided_at_ms, j.facts) AS entry, j.facts::text AS facts_text
  FROM mmm_journal j WHERE j.tenant_id = $1 AND j.actor_id = $2
 ORDER BY j.version
