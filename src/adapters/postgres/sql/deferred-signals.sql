-- $1 tenants, $2 action ids of deferred candidates.
SELECT r.ord::integer AS ord, w.facts
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS r(tenant, action, ord)
  JOIN LATERAL (SELECT facts FROM mmm_deferrals d
                 WHERE d.tenant_id = r.tenant AND d.deferral_id = r.action LIMIT 1) w ON true
