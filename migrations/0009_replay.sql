-- Plans of replays (issue 5, part 4): a row that two people have to agree on before anything moves. What was planned is never rewritten; what may change is
-- who approved it and how far its run has come.
CREATE TABLE mmm_replay_plans (
  tenant_id text NOT NULL CHECK (tenant_id <> ''),
  plan_id text NOT NULL,
  -- Text, not jsonb: its very bytes have the digest that is signed.
  document text NOT NULL,
  digest text NOT NULL,
  planned_by text NOT NULL,
  planned_at timestamptz NOT NULL,
  approved_by text,
  approved_at timestamptz,
  -- sig-ed25519:<kid>:<base64> over the approval (replay/plan/approval.ts).
  approval text,
  state text NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'approved', 'running', 'failed', 'done')),
  -- The process that runs it: another one that takes over changes this, and the first can note nothing any more.
  runner text,
  run_by text,
  started_at timestamptz,
  finished_at timestamptz,
  -- What is known to be sent, and the batch that was about to be (replay/run/progress.ts).
  progress text NOT NULL DEFAULT '{"settled":{"upto":0,"sent":0,"dropped":{}},"pending":null}',
  -- Why the last run ended early; null when it did not.
  failure text,
  report text,
  receipt_id text,
  receipt text,
  PRIMARY KEY (tenant_id, plan_id),
  CHECK (approved_by IS NULL OR approved_by <> planned_by),
  CHECK (state = 'planned' OR approval IS NOT NULL)
);
CREATE INDEX mmm_replay_plans_time ON mmm_replay_plans (tenant_id, planned_at);
ALTER TABLE mmm_replay_plans ENABLE ROW LEVEL SECURITY;
ALTER TABLE mmm_replay_plans FORCE ROW LEVEL SECURITY;
CREATE POLICY pipeline ON mmm_replay_plans TO mmm_pipeline USING (true) WITH CHECK (true);
CREATE POLICY api ON mmm_replay_plans TO mmm_api
  USING (tenant_id = current_setting('mmm.tenant', true)) WITH CHECK (tenant_id = current_setting('mmm.tenant', true));
-- Nothing to mmm_pipeline: no stage of the stream has a use for them.
GRANT SELECT, INSERT ON mmm_replay_plans TO mmm_api;
GRANT UPDATE (approved_by, approved_at, approval, state, runner, run_by, started_at, finished_at, progress, failure, report, receipt_id, receipt)
  ON mmm_replay_plans TO mmm_api;
