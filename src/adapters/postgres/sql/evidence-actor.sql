-- $1 tenant, $2 actor. As role mmm_pipeline: no other may read a receipt key.
SELECT a.version, a.profile, a.receipt_key, p.version AS purged_version, p.chain AS purged_chain, p.decided_at_ms AS purged_decided_at_ms
  FROM mmm_actors a
  LEFT JOIN mmm_journal_purged p ON p.tenant_id = a.tenant_id AND p.actor_id = a.actor_id
 WHERE a.tenant_id = $1 AND a.actor_id = $2
