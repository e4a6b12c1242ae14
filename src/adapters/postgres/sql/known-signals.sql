-- $1 tenants, $2 signal ids. Decisions outlive journal rows: either makes a signal known.
SELECT r.ord::integer AS ord
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS r(tenant, signal, ord)
  LEFT JOIN LATERAL (SELECT true AS there FROM mmm_journal j WHERE j.tenant_id = r.tenant AND j.signal_id = r.signal LIMIT 1) j ON true
  LEFT JOIN LATERAL (SELECT true AS there FROM mmm_decisions d WHERE d.tenant_id = r.tenant AND d.signal_id = r.signal LIMIT 1) d ON true
 WHERE j.there OR d.there
