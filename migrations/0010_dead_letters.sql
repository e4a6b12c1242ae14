-- What operators did with dead letters, and lanes whose breaker is open. Both belong to the installation and not to a tenant: a raw record that was
-- refused may name none. A letter itself stays in the log; only where it stood is kept here.
CREATE TABLE mmm_dlq_replays (
  -- The source of the letter as its headers name it. The time too: a topic that was made anew numbers from zero again.
  topic text NOT NULL,
  "partition" integer NOT NULL,
  "offset" bigint NOT NULL,
  record_time text NOT NULL,
  replay_id text NOT NULL,
  replayed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (topic, "partition", "offset", record_time, replay_id)
);
CREATE INDEX mmm_dlq_replays_age ON mmm_dlq_replays (replayed_at);

-- A row while the breaker of an intake lane is open, or while an operator has told it to let everything through.
CREATE TABLE mmm_breakers (
  topic text NOT NULL,
  "partition" integer NOT NULL,
  -- Null: not open.
  opened_at timestamptz,
  -- The first record that is held back, and the evidence.
  "offset" bigint,
  evidence jsonb,
  -- Raised by an operator: try again now.
  tries integer NOT NULL DEFAULT 0,
  released_until timestamptz,
  PRIMARY KEY (topic, "partition")
);

GRANT SELECT, INSERT, DELETE ON mmm_dlq_replays TO mmm_pipeline;
GRANT SELECT, INSERT, UPDATE, DELETE ON mmm_breakers TO mmm_pipeline;
