-- $1 tenants, $2 actors, $3 oldest decided_at_ms of an entry that can still matter.
-- One statement, so that version, head and entries are of one snapshot: read in two, a commit in between gives a state of no version.
SELECT r.ord, a.version, a.head, a.profile, a.receipt_key, j.entries
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS r(tenant, actor, ord)
  LEFT JOIN LATERAL (SELECT x.version, x.head, x.profile, x.receipt_key FROM mmm_actors x
                      WHERE x.tenant_id = r.tenant AND x.actor_id = r.actor LIMIT 1) a ON true
  LEFT JOIN LATERAL (SELECT json_agg(json_build_array(x.kind, x.version, x.signal_id, x.decision_id, x.result, x.at_ms, x.decided_at_ms, x.facts)
                                     ORDER BY x.version) AS entries
                       FROM mmm_journal x
                      WHERE x.tenant_id = r.tenant AND x.actor_id = r.actor AND x.decided_at_ms >= $3::bigint) j ON true
 ORDER BY r.ord
