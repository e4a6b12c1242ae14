-- $1 rows at most of each kind. Eight days: a card lives for seven, and an event may come a day late.
WITH closed AS (
  SELECT tenant_id, matter, actor_id FROM mmm_open_matters WHERE until < now() LIMIT $1
), past AS (
  SELECT tenant_id, matter FROM mmm_endings WHERE created_at < now() - interval '8 days' LIMIT $1
), matters AS (
  DELETE FROM mmm_open_matters x USING closed c
   WHERE x.tenant_id = c.tenant_id AND x.matter = c.matter AND x.actor_id = c.actor_id AND x.until < now() RETURNING 1
), endings AS (
  DELETE FROM mmm_endings x USING past o
   WHERE x.tenant_id = o.tenant_id AND x.matter = o.matter AND x.created_at < now() - interval '8 days' RETURNING 1
)
SELECT greatest((SELECT count(*) FROM matters), (SELECT count(*) FROM endings))::integer AS n
