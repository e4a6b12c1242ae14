-- $1 tenant, $2 $3 after this actor and version, $4 rows at most.
-- By the primary key, actor by actor, whatever the times are: one pass reads every line once.
SELECT j.actor_id,
       json_build_array(j.kind, j.version, j.signal_id, j.decision_id, j.result, j.at_ms, j.decided_at_ms, j.facts) AS entry,
       j.signal, d."read"
  FROM (SELECT * FROM mmm_journal
         WHERE tenant_id = $1 AND (actor_id, version) > ($2, $3::integer)
         ORDER BY actor_id, version LIMIT $4) j
  LEFT JOIN LATERAL (SELECT x."read" FROM mmm_decisions x
                      WHERE j.decision_id IS NOT NULL AND x.tenant_id = j.tenant_id AND x.decision_id = j.decision_id LIMIT 1) d ON true
 ORDER BY j.actor_id, j.version
