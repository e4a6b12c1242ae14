-- For each row taken: $1 kinds, $2 tenants, $3 matters, $4 actors, $5 next_at as taken. One that was written anew meanwhile has another next_at and is
-- looked at again. Locked in the order of the keys, as the commit writes them.
WITH taken AS (
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) AS t(kind, tenant, matter, actor, next_at)
), e AS (
  SELECT x.tenant_id, x.matter FROM mmm_endings x JOIN taken t
    ON t.kind = 'ending' AND x.tenant_id = t.tenant AND x.matter = t.matter AND x.next_at = t.next_at::timestamptz
   ORDER BY x.tenant_id, x.matter FOR UPDATE OF x
), m AS (
  SELECT x.tenant_id, x.matter, x.actor_id FROM mmm_open_matters x JOIN taken t
    ON t.kind = 'matter' AND x.tenant_id = t.tenant AND x.matter = t.matter AND x.actor_id = t.actor AND x.next_at = t.next_at::timestamptz
   ORDER BY x.tenant_id, x.matter, x.actor_id FOR UPDATE OF x
), settled AS (
  UPDATE mmm_open_matters x SET next_at = NULL FROM m WHERE x.tenant_id = m.tenant_id AND x.matter = m.matter AND x.actor_id = m.actor_id
)
UPDATE mmm_endings x SET next_at = NULL FROM e WHERE x.tenant_id = e.tenant_id AND x.matter = e.matter
