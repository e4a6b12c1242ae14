-- What actors have open about things that others may end (a pull request, a build), and what was ended: brought together by the DEFER stage, so that no
-- decision of one actor reads what is another's. Only matters that somebody else can end have rows: nearly all commits write none.

CREATE TABLE mmm_open_matters (
  tenant_id text NOT NULL CHECK (tenant_id <> ''),
  -- Digest of what it is about (domain/resolution.ts).
  matter text NOT NULL,
  actor_id text NOT NULL,
  actor_type text NOT NULL,
  since_ms bigint NOT NULL,
  until timestamptz NOT NULL,
  -- When it is looked at next; null: it was. Set anew by whoever opens it again.
  next_at timestamptz DEFAULT '-infinity',
  handed_out integer NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, matter, actor_id)
);
CREATE INDEX mmm_open_matters_next ON mmm_open_matters (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX mmm_open_matters_until ON mmm_open_matters (until);

-- One row for each matter, the newest event: what an older one would end it ends too.
CREATE TABLE mmm_endings (
  tenant_id text NOT NULL CHECK (tenant_id <> ''),
  matter text NOT NULL,
  -- Who ended it; '' = nobody in particular.
  actor_id text NOT NULL,
  at_ms bigint NOT NULL,
  -- The ending as JSON in text: jsonb refuses \u0000.
  facts text NOT NULL,
  next_at timestamptz DEFAULT '-infinity',
  handed_out integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, matter)
) WITH (fillfactor = 70);
CREATE INDEX mmm_endings_next ON mmm_endings (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX mmm_endings_created ON mmm_endings USING brin (created_at) WITH (autosummarize = on);

DO $rls$
DECLARE
  v_table text;
BEGIN
  FOREACH v_table IN ARRAY ARRAY['mmm_open_matters', 'mmm_endings'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', v_table);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', v_table);
    EXECUTE format('CREATE POLICY pipeline ON %I TO mmm_pipeline USING (true) WITH CHECK (true)', v_table);
    EXECUTE format(
      'CREATE POLICY api ON %I TO mmm_api USING (tenant_id = current_setting(''mmm.tenant'', true)) WITH CHECK (tenant_id = current_setting(''mmm.tenant'', true))',
      v_table);
  END LOOP;
END
$rls$;
GRANT SELECT, INSERT, UPDATE, DELETE ON mmm_open_matters, mmm_endings TO mmm_pipeline;
GRANT SELECT ON mmm_open_matters, mmm_endings TO mmm_api;

-- As 0007, which explains it, and the matters. In the order of their keys: commits of several shards may end the same ones, and each holds its rows until
-- its end, so in two orders they could wait for each other.
CREATE OR REPLACE FUNCTION mmm_commit_more(p_shard integer, p_tenants text[], p_actors text[], p_committed boolean[], p_more json)
RETURNS void LANGUAGE plpgsql VOLATILE
SET search_path = public, pg_temp
SET enable_seqscan = off
SET jit = off
AS $$
BEGIN
  INSERT INTO mmm_deferrals (tenant_id, actor_id, deferral_id, action_id, decision_id, attempt, due_at, expires_at, next_at, status, facts)
  SELECT r.tenant, r.actor, d.id, d.id, d.decision, d.attempt,
         to_timestamp(d.due_ms / 1000.0), to_timestamp(d.expires_ms / 1000.0), to_timestamp(d.due_ms / 1000.0), 'waiting', d.facts
    FROM json_to_recordset(coalesce(p_more -> 'deferrals', '[]'))
      AS d(at integer, id text, decision text, attempt integer, due_ms bigint, expires_ms bigint, facts text)
    JOIN unnest(p_tenants, p_actors, p_committed) WITH ORDINALITY AS r(tenant, actor, ok, ord) ON r.ord = d.at AND r.ok;

  UPDATE mmm_deferrals w SET status = c.status
    FROM json_to_recordset(coalesce(p_more -> 'closed', '[]')) AS c(at integer, id text, status text)
    JOIN unnest(p_tenants, p_committed) WITH ORDINALITY AS r(tenant, ok, ord) ON r.ord = c.at AND r.ok
   WHERE w.tenant_id = r.tenant AND w.deferral_id = c.id;

  -- Handed out as if it had always been due then: what was handed out before was for another time.
  UPDATE mmm_deferrals w SET due_at = to_timestamp(h.due_ms / 1000.0), next_at = to_timestamp(h.due_ms / 1000.0), handed_out = 0
    FROM json_to_recordset(coalesce(p_more -> 'hastened', '[]')) AS h(at integer, id text, due_ms bigint)
    JOIN unnest(p_tenants, p_committed) WITH ORDINALITY AS r(tenant, ok, ord) ON r.ord = h.at AND r.ok
   WHERE w.tenant_id = r.tenant AND w.deferral_id = h.id AND w.status = 'waiting';

  INSERT INTO mmm_open_matters AS held (tenant_id, matter, actor_id, actor_type, since_ms, until)
  SELECT DISTINCT ON (r.tenant, m.matter, r.actor) r.tenant, m.matter, r.actor, m.type, m.since_ms, to_timestamp(m.until_ms / 1000.0)
    FROM json_to_recordset(coalesce(p_more -> 'matters', '[]')) AS m(at integer, matter text, type text, since_ms bigint, until_ms bigint)
    JOIN unnest(p_tenants, p_actors, p_committed) WITH ORDINALITY AS r(tenant, actor, ok, ord) ON r.ord = m.at AND r.ok
   ORDER BY r.tenant, m.matter, r.actor, m.since_ms DESC
  ON CONFLICT (tenant_id, matter, actor_id) DO UPDATE
     SET since_ms = excluded.since_ms, until = greatest(held.until, excluded.until), next_at = excluded.next_at, handed_out = 0;

  INSERT INTO mmm_endings AS held (tenant_id, matter, actor_id, at_ms, facts)
  SELECT DISTINCT ON (r.tenant, e.matter) r.tenant, e.matter, r.actor, e.at_ms, e.facts
    FROM json_to_recordset(coalesce(p_more -> 'endings', '[]')) AS e(at integer, matter text, at_ms bigint, facts text)
    JOIN unnest(p_tenants, p_actors, p_committed) WITH ORDINALITY AS r(tenant, actor, ok, ord) ON r.ord = e.at AND r.ok
   ORDER BY r.tenant, e.matter, e.at_ms DESC
  ON CONFLICT (tenant_id, matter) DO UPDATE
     SET actor_id = excluded.actor_id, at_ms = excluded.at_ms, facts = excluded.facts, next_at = excluded.next_at, handed_out = 0, created_at = now()
   WHERE excluded.at_ms >= held.at_ms;
END
$$;

-- Retention: outcomes after 365 days (R-108).
GRANT DELETE ON mmm_outcomes TO mmm_pipeline;
