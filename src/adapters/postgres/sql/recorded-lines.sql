-- $1 tenant, $2 $3 after this actor and version, $4 rows at most, $5 signal and read of what was decided from this moment on, ms, $6 bytes of them at most.
-- By the primary key, actor by actor, whatever the times are: one pass reads every line once. What is before $5 only makes a state, for which the entry is
-- enough: of a month's journal and a day's stretch that is nearly all of it. At least one row: a single line above the limit must not end the walk.
SELECT actor_id, entry, signal, "read"
  FROM (SELECT j.actor_id, j.version,
               json_build_array(j.kind, j.version, j.signal_id, j.decision_id, j.result, j.at_ms, j.decided_at_ms, j.facts) AS entry,
               j.signal, d."read",
               row_number() OVER w AS place,
               sum(coalesce(octet_length(j.signal), 0) + coalesce(octet_length(d."read"), 0)) OVER w AS bytes
          FROM (SELECT tenant_id, actor_id, version, kind, signal_id, decision_id, result, at_ms, decided_at_ms, facts,
                       CASE WHEN decided_at_ms >= $5::bigint THEN signal END AS signal,
                       CASE WHEN decided_at_ms >= $5::bigint THEN decision_id END AS read_of
                  FROM mmm_journal
                 WHERE tenant_id = $1 AND (actor_id, version) > ($2, $3::integer)
                 ORDER BY actor_id, version LIMIT $4) j
          LEFT JOIN LATERAL (SELECT x."read" FROM mmm_decisions x
                              WHERE j.read_of IS NOT NULL AND x.tenant_id = j.tenant_id AND x.decision_id = j.read_of LIMIT 1) d ON true
        WINDOW w AS (ORDER BY j.actor_id, j.version ROWS UNBOUNDED PRECEDING)) lines
 WHERE place = 1 OR bytes <= $6::bigint
 ORDER BY actor_id, version
