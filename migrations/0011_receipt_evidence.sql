-- What receipts are verified by (src/replay/verify).

-- GET /v1/mmm/receipts/{id} and the verification find the receipt of an outcome as they find that of a decision.
CREATE INDEX mmm_outcomes_receipt ON mmm_outcomes (tenant_id, receipt_id) WHERE receipt_id IS NOT NULL;

-- Where the kept part of an actor's journal begins: the newest entry that retention has deleted. Without it nobody could tell an entry that retention took
-- from one that somebody else did, and the oldest entry kept could be changed unseen, because its digest stands on the chain of the one before.
-- A table of its own: in mmm_actors the purge would take locks that commits take in another order.
CREATE TABLE mmm_journal_purged (
  tenant_id text NOT NULL CHECK (tenant_id <> ''),
  actor_id text NOT NULL,
  version integer NOT NULL,
  chain text NOT NULL,
  decided_at_ms bigint NOT NULL,
  PRIMARY KEY (tenant_id, actor_id)
);
ALTER TABLE mmm_journal_purged ENABLE ROW LEVEL SECURITY;
ALTER TABLE mmm_journal_purged FORCE ROW LEVEL SECURITY;
CREATE POLICY pipeline ON mmm_journal_purged TO mmm_pipeline USING (true) WITH CHECK (true);
CREATE POLICY api ON mmm_journal_purged TO mmm_api
  USING (tenant_id = current_setting('mmm.tenant', true)) WITH CHECK (tenant_id = current_setting('mmm.tenant', true));
GRANT SELECT, INSERT, UPDATE, DELETE ON mmm_journal_purged TO mmm_pipeline;
GRANT SELECT ON mmm_journal_purged TO mmm_api;
