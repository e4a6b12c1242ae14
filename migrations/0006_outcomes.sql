-- Outcomes as entries of the actor's journal, and playbooks on probation.

ALTER TABLE mmm_outcomes ADD COLUMN receipt_id text, ADD COLUMN receipt text;
ALTER TABLE mmm_outcomes SET (toast_tuple_target = 8160);
-- What is known of an action is read before each outcome of it.
CREATE INDEX mmm_outcomes_action ON mmm_outcomes (tenant_id, action_id);
CREATE INDEX mmm_outcomes_created ON mmm_outcomes USING brin (created_at) WITH (autosummarize = on);

-- The commit of one outcome: as mmm_commit (0003) for a writer without an epoch, all or nothing, READ COMMITTED. False: the actor does not stand at
-- (p_version, p_head), or the outcome id is there already; nothing is written, and the caller reads again.
-- A function of its own: an outcome has a row, a receipt and an entry of other shapes, and the hot path does not pay for asking which.
CREATE FUNCTION mmm_commit_outcome(
  p_shard integer, p_tenant text, p_actor text, p_version integer, p_head text, p_new_head text, p_key bytea,
  p_entry text, p_outcome text, p_decision text, p_action text, p_result text, p_reason text,
  p_at_ms bigint, p_recorded_ms bigint, p_facts text, p_receipt_id text, p_receipt text,
  p_o_topics text[], p_o_headers text[], p_o_keys bytea[], p_o_values bytea[]
) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = public, pg_temp
SET jit = off
AS $$
DECLARE
  v_shard mmm_shards%ROWTYPE;
BEGIN
  -- The shard first, always, as mmm_commit does: then no two commits of a shard can deadlock, and number order is commit order.
  SELECT * INTO v_shard FROM mmm_shards WHERE shard = p_shard FOR UPDATE;
  IF NOT FOUND THEN
    INSERT INTO mmm_shards (shard, epoch, next_number, published_upto, timeline) VALUES (p_shard, 0, 1, -1, mmm_timeline())
      ON CONFLICT DO NOTHING;
    SELECT * INTO v_shard FROM mmm_shards WHERE shard = p_shard FOR UPDATE;
  END IF;
  IF v_shard.timeline <> mmm_timeline() THEN
    RAISE EXCEPTION USING ERRCODE = 'MM003', MESSAGE = format('shard %s was last compared on another timeline', p_shard);
  END IF;
  IF v_shard.next_number - 1 - v_shard.published_upto > 100000 THEN
    RAISE EXCEPTION USING ERRCODE = 'MM006', MESSAGE = format('shard %s has too many unpublished rows', p_shard);
  END IF;

  PERFORM FROM mmm_actors WHERE tenant_id = p_tenant AND actor_id = p_actor AND version = p_version AND head = p_head FOR UPDATE;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  -- Before any other write: the same id may have come through another actor's shard, which no lock of ours excludes.
  INSERT INTO mmm_outcomes (tenant_id, outcome_id, actor_id, decision_id, action_id, result, reason, occurred_at, created_at, receipt_id, receipt)
  VALUES (p_tenant, p_outcome, p_actor, p_decision, p_action, p_result, p_reason, to_timestamp(p_at_ms / 1000.0),
          to_timestamp(p_recorded_ms / 1000.0), p_receipt_id, p_receipt)
  ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RETURN false;
  END IF;

  INSERT INTO mmm_journal (tenant_id, actor_id, version, kind, signal_id, decision_id, result, at_ms, decided_at_ms, facts)
  VALUES (p_tenant, p_actor, p_version + 1, 'outcome', p_entry, p_decision, p_result, p_at_ms, p_recorded_ms, p_facts::json);

  UPDATE mmm_actors SET version = p_version + 1, head = p_new_head, receipt_key = coalesce(receipt_key, p_key)
   WHERE tenant_id = p_tenant AND actor_id = p_actor;

  INSERT INTO mmm_outbox (shard, number, topic, headers, key, value)
  SELECT p_shard, v_shard.next_number - 1 + o.ord, o.topic, o.headers, o.key, o.value
    FROM unnest(p_o_topics, p_o_headers, p_o_keys, p_o_values) WITH ORDINALITY AS o(topic, headers, key, value, ord);
  UPDATE mmm_shards SET next_number = v_shard.next_number + cardinality(p_o_topics) WHERE shard = p_shard;
  PERFORM pg_notify('mmm_outbox', p_shard::text);
  RETURN true;
END
$$;

REVOKE EXECUTE ON FUNCTION mmm_commit_outcome FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mmm_commit_outcome TO mmm_pipeline;

-- Per version, and never taken back: what is not sent earns no votes, so an end by time alone would only bother people again with the same text.
-- The way out is a new version.
CREATE TABLE mmm_playbook_probation (
  tenant_id text NOT NULL CHECK (tenant_id <> ''),
  playbook_id text NOT NULL,
  version integer NOT NULL CHECK (version >= 1),
  since timestamptz NOT NULL DEFAULT now(),
  votes integer NOT NULL,
  not_useful integer NOT NULL,
  actors integer NOT NULL,
  lower_bound double precision NOT NULL,
  PRIMARY KEY (tenant_id, playbook_id, version)
);
ALTER TABLE mmm_playbook_probation ENABLE ROW LEVEL SECURITY;
ALTER TABLE mmm_playbook_probation FORCE ROW LEVEL SECURITY;
CREATE POLICY pipeline ON mmm_playbook_probation TO mmm_pipeline USING (true) WITH CHECK (true);
CREATE POLICY api ON mmm_playbook_probation TO mmm_api
  USING (tenant_id = current_setting('mmm.tenant', true)) WITH CHECK (tenant_id = current_setting('mmm.tenant', true));
GRANT SELECT ON mmm_playbook_probation TO mmm_pipeline;
GRANT SELECT, INSERT ON mmm_playbook_probation TO mmm_api;
