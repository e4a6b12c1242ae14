-- $1 tenant. Decisions with an outbox row that is not known to be published: published_upto follows the cursor, so it errs towards waiting.
SELECT DISTINCT o.headers::json->>'mmm-decision-id' AS decision_id
  FROM mmm_shards s
  JOIN mmm_outbox o ON o.shard = s.shard AND o.number > s.published_upto
 WHERE o.headers::json->>'mmm-tenant-id' = $1 AND o.headers::json->>'mmm-decision-id' IS NOT NULL
