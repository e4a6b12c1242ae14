-- Tables of design 4. Expand, then contract: a later file adds, it never edits this one.
-- Ids are text: they are opaque (interface 3) and come from others up to 255 characters long.
-- Milliseconds since the epoch where a fold or a digest reads the value back (exact), timestamptz where people and retention do.

CREATE TABLE mmm_settings (
  name text PRIMARY KEY,
  value jsonb NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE mmm_shards (
  shard integer PRIMARY KEY CHECK (shard >= 0),
  epoch bigint NOT NULL,
  next_number bigint NOT NULL CHECK (next_number >= 1),
  -- -1: no session has ever committed a cursor.
  published_upto bigint NOT NULL CHECK (published_upto >= -1),
  -- PostgreSQL's timeline at the last comparison of cursor and counter (design 3.2, "When a store goes back").
  timeline text NOT NULL
);

CREATE TABLE mmm_outbox (
  shard integer NOT NULL,
  number bigint NOT NULL,
  topic text NOT NULL,
  key bytea,
  value bytea,
  headers text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (shard, number)
);

CREATE TABLE mmm_actors (
  tenant_id text NOT NULL CHECK (tenant_id <> ''),
  -- '' stands for signals of the tenant that name no actor.
  actor_id text NOT NULL,
  version integer NOT NULL CHECK (version >= 1),
  head text NOT NULL CHECK (head <> ''),
  receipt_key bytea,
  profile jsonb,
  PRIMARY KEY (tenant_id, actor_id)
) WITH (fillfactor = 70); -- Each commit rewrites version and head: room on the page keeps that off the index.

CREATE TABLE mmm_journal (
  tenant_id text NOT NULL CHECK (tenant_id <> ''),
  actor_id text NOT NULL,
  version integer NOT NULL,
  kind text NOT NULL,
  signal_id text NOT NULL,
  decision_id text,
  result text NOT NULL,
  at_ms bigint NOT NULL,
  decided_at_ms bigint NOT NULL,
  -- json, not jsonb: jsonb refuses \u0000 and half surrogates, and one such branch name would stop a partition.
  facts json NOT NULL,
  PRIMARY KEY (tenant_id, actor_id, version),
  CONSTRAINT mmm_journal_signal UNIQUE (tenant_id, signal_id)
);
-- Rows come in time order, so a block range index serves the deletion after 30 days at next to no cost per insert.
CREATE INDEX mmm_journal_decided ON mmm_journal USING brin (decided_at_ms) WITH (autosummarize = on);

CREATE TABLE mmm_decisions (
  tenant_id text NOT NULL CHECK (tenant_id <> ''),
  decision_id text NOT NULL,
  signal_id text NOT NULL,
  actor_id text NOT NULL,
  decided_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  -- Text, not jsonb: the same bytes must come back (G3), and receipts are signed text.
  body text NOT NULL,
  trace text NOT NULL,
  "read" text NOT NULL,
  receipt_id text NOT NULL,
  receipt text NOT NULL,
  legal_hold boolean NOT NULL DEFAULT false,
  PRIMARY KEY (tenant_id, decision_id)
);
-- Decisions outlive journal rows (90 days, 30 days): a signal id is known as long as either is there.
CREATE UNIQUE INDEX mmm_decisions_signal ON mmm_decisions (tenant_id, signal_id);
CREATE INDEX mmm_decisions_time ON mmm_decisions (tenant_id, decided_at);
CREATE INDEX mmm_decisions_actor ON mmm_decisions (tenant_id, actor_id, decided_at, decision_id);
CREATE INDEX mmm_decisions_receipt ON mmm_decisions (tenant_id, receipt_id);
CREATE INDEX mmm_decisions_created ON mmm_decisions USING brin (created_at) WITH (autosummarize = on);

CREATE TABLE mmm_actions (
  tenant_id text NOT NULL CHECK (tenant_id <> ''),
  action_id text NOT NULL,
  decision_id text NOT NULL,
  playbook_id text NOT NULL,
  playbook_version integer NOT NULL,
  action_type text NOT NULL,
  payload_hash text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, action_id)
);

CREATE TABLE mmm_deferrals (
  tenant_id text NOT NULL CHECK (tenant_id <> ''),
  deferral_id text NOT NULL,
  actor_id text NOT NULL,
  decision_id text NOT NULL,
  action_id text NOT NULL,
  attempt integer NOT NULL,
  due_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  status text NOT NULL CHECK (status IN ('waiting', 'done', 'expired', 'superseded')),
  facts jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, deferral_id)
);
CREATE INDEX mmm_deferrals_due ON mmm_deferrals (due_at) WHERE status = 'waiting';

-- Own tenant and actor columns and no foreign key: decisions are deleted earlier than outcomes (C-25, D-97).
CREATE TABLE mmm_outcomes (
  tenant_id text NOT NULL CHECK (tenant_id <> ''),
  outcome_id text NOT NULL,
  actor_id text NOT NULL,
  decision_id text NOT NULL,
  action_id text NOT NULL,
  result text NOT NULL CHECK (result IN ('shown', 'ignored', 'dismissed', 'accepted', 'failed')),
  reason text,
  occurred_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  legal_hold boolean NOT NULL DEFAULT false,
  PRIMARY KEY (tenant_id, outcome_id)
);
CREATE INDEX mmm_outcomes_actor ON mmm_outcomes (tenant_id, actor_id, occurred_at);

CREATE TABLE mmm_playbooks (
  tenant_id text NOT NULL CHECK (tenant_id <> ''),
  playbook_id text NOT NULL,
  version integer NOT NULL CHECK (version >= 1),
  status text NOT NULL CHECK (status IN ('draft', 'published', 'deprecated')),
  document jsonb NOT NULL,
  digest text NOT NULL,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  published_at timestamptz,
  PRIMARY KEY (tenant_id, playbook_id, version)
);
CREATE INDEX mmm_playbooks_status ON mmm_playbooks (tenant_id, status);
-- At most one published version, whatever two administrators do at once.
CREATE UNIQUE INDEX mmm_playbooks_one_published ON mmm_playbooks (tenant_id, playbook_id) WHERE status = 'published';

CREATE TABLE mmm_tenant_policies (
  tenant_id text NOT NULL CHECK (tenant_id <> ''),
  version integer NOT NULL CHECK (version >= 1),
  document jsonb NOT NULL,
  digest text NOT NULL,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, version)
);

CREATE TABLE mmm_actor_preferences (
  tenant_id text NOT NULL CHECK (tenant_id <> ''),
  actor_id text NOT NULL,
  preference_id text NOT NULL,
  opt_out_categories jsonb NOT NULL DEFAULT '[]',
  snooze_until timestamptz,
  -- Null: none stored; an empty list: none wanted (C-24).
  preferred_surfaces jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, actor_id)
);

CREATE TABLE mmm_experiments (
  tenant_id text NOT NULL CHECK (tenant_id <> ''),
  experiment_id text NOT NULL,
  name text NOT NULL,
  status text NOT NULL CHECK (status IN ('draft', 'active', 'inactive')),
  config jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, experiment_id)
);

CREATE TABLE mmm_dual_channel_approvals (
  tenant_id text NOT NULL CHECK (tenant_id <> ''),
  approval_id text NOT NULL,
  action_id text NOT NULL,
  decision_id text NOT NULL,
  actor_id text NOT NULL,
  approver_id text,
  first_approval_at timestamptz,
  second_approval_at timestamptz,
  status text NOT NULL CHECK (status IN ('pending', 'first_approved', 'fully_approved', 'rejected')),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, approval_id)
);
CREATE INDEX mmm_dual_channel_approvals_action ON mmm_dual_channel_approvals (tenant_id, action_id);

CREATE TABLE mmm_audit (
  tenant_id text NOT NULL CHECK (tenant_id <> ''),
  audit_id bigint GENERATED ALWAYS AS IDENTITY,
  at timestamptz NOT NULL DEFAULT now(),
  who text NOT NULL,
  what text NOT NULL,
  subject text NOT NULL,
  details jsonb NOT NULL,
  PRIMARY KEY (tenant_id, audit_id)
);

-- A decision is some 4 KB of text. Compressing it on the way in took longer than writing it, so rows up to a page stay inline as they are.
ALTER TABLE mmm_decisions SET (toast_tuple_target = 8160);
ALTER TABLE mmm_outbox SET (toast_tuple_target = 8160);
