-- $1 rows at most. 31 days: the fold reads a day more than 30.
-- The newest of what is taken is remembered (migrations/0011_receipt_evidence.sql). The chain by its text: taking a member out of json unescapes all that
-- is in it, and \u0000 has no unescaped form. Within a JSON string the quotes would be escaped, and no other member is called c.
WITH due AS (
  SELECT ctid FROM mmm_journal
   WHERE decided_at_ms < (extract(epoch FROM now() - interval '31 days') * 1000)::bigint LIMIT $1
), gone AS (
  DELETE FROM mmm_journal j USING due WHERE j.ctid = due.ctid
  RETURNING j.tenant_id, j.actor_id, j.version, j.decided_at_ms, substring(j.facts::text FROM '"c":"([0-9a-f]{64})"') AS chain
), remembered AS (
  INSERT INTO mmm_journal_purged AS p (tenant_id, actor_id, version, decided_at_ms, chain)
  SELECT DISTINCT ON (tenant_id, actor_id) tenant_id, actor_id, version, decided_at_ms, coalesce(chain, '') FROM gone
   ORDER BY tenant_id, actor_id, version DESC
  ON CONFLICT (tenant_id, actor_id) DO UPDATE
     SET version = excluded.version, decided_at_ms = excluded.decided_at_ms, chain = excluded.chain WHERE p.version < excluded.version
)
SELECT count(*)::integer AS n FROM gone
