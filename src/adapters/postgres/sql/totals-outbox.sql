-- $1 rows of each shard to look at, $2 tenant, null = all. The newest: there is no index by decision, and the rows of a decision follow its own row.
WITH newest AS (
  SELECT w.* FROM mmm_shards s
   CROSS JOIN LATERAL (SELECT o.shard, o.number, o.topic, o.headers::json AS headers FROM mmm_outbox o
                        WHERE o.shard = s.shard AND o.number > s.next_number - 1 - $1::bigint) w
), mine AS (
  SELECT headers->>'mmm-tenant-id' AS tenant_id, headers->>'mmm-decision-id' AS decision_id, topic FROM newest
)
SELECT tenant_id, decision_id, count(*) FILTER (WHERE topic LIKE 'mmm.delivery.%')::integer AS deliveries,
       count(*) FILTER (WHERE topic = 'mmm.receipts')::integer AS receipts
  FROM mine WHERE decision_id IS NOT NULL AND ($2::text IS NULL OR tenant_id = $2)
 GROUP BY tenant_id, decision_id HAVING count(*) FILTER (WHERE topic = 'mmm.decisions') > 0
