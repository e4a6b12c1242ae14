-- Deferrals (design 3.6): a row is a candidate that was put off, and the signal to decide it by again. Nothing wrote rows before this.
-- Text, not jsonb: jsonb refuses \u0000, and one such branch name would stop a partition.
ALTER TABLE mmm_deferrals ALTER COLUMN facts TYPE text USING facts::text;
-- When it is handed out next: at first when it is due; after each time later and later, until a commit has closed it.
ALTER TABLE mmm_deferrals ADD COLUMN next_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE mmm_deferrals ADD COLUMN handed_out integer NOT NULL DEFAULT 0;
DROP INDEX mmm_deferrals_due;
CREATE INDEX mmm_deferrals_next ON mmm_deferrals (next_at) WHERE status = 'waiting';
CREATE INDEX mmm_deferrals_created ON mmm_deferrals USING brin (created_at) WITH (autosummarize = on);
-- Retention.
GRANT DELETE ON mmm_deferrals TO mmm_pipeline;

-- What a commit carries beyond signals, decisions and outbox rows: deferrals made, and deferrals that wait no more. For the committed actors only.
-- Facts come as a string within the JSON, not as JSON: taking a member out of json unescapes all that is in it, and \u0000 has no unescaped form.
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

  -- After the insert: of two signals of one commit the second may end what the first has put off.
  UPDATE mmm_deferrals w SET status = c.status
    FROM json_to_recordset(coalesce(p_more -> 'closed', '[]')) AS c(at integer, id text, status text)
    JOIN unnest(p_tenants, p_committed) WITH ORDINALITY AS r(tenant, ok, ord) ON r.ord = c.at AND r.ok
   WHERE w.tenant_id = r.tenant AND w.deferral_id = c.id;
END
$$;
