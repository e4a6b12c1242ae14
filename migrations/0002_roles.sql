-- Row level security from the first migration, forced, so that the owner of the tables is bound by it too (design 4, G7).
-- Roles belong to the whole cluster: another database may have made them, or be making them at this moment.
DO $roles$
DECLARE
  v_role text;
BEGIN
  FOREACH v_role IN ARRAY ARRAY['mmm_pipeline', 'mmm_api'] LOOP
    BEGIN
      EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS', v_role);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL;
    END;
    -- Having made a role does not give the right to SET ROLE to it (PostgreSQL 16). Without INHERIT FALSE the owner would have the role's
    -- policies all the time, and its row level security would be forced in name only; 15 knows no such option.
    IF current_setting('server_version_num')::integer < 160000 THEN
      IF NOT pg_has_role(current_user, v_role, 'USAGE') THEN
        EXECUTE format('GRANT %I TO CURRENT_USER', v_role);
      END IF;
    ELSIF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
      AND (pg_has_role(current_user, v_role, 'USAGE') OR NOT pg_has_role(current_user, v_role, 'SET')) THEN
      EXECUTE format('GRANT %I TO CURRENT_USER WITH INHERIT FALSE, SET TRUE', v_role);
    END IF;
  END LOOP;
END
$roles$;

DO $rls$
DECLARE
  v_table text;
BEGIN
  FOREACH v_table IN ARRAY ARRAY[
    'mmm_actors', 'mmm_journal', 'mmm_decisions', 'mmm_actions', 'mmm_deferrals', 'mmm_outcomes', 'mmm_playbooks',
    'mmm_tenant_policies', 'mmm_actor_preferences', 'mmm_experiments', 'mmm_dual_channel_approvals', 'mmm_audit'
  ] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', v_table);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', v_table);
    EXECUTE format('CREATE POLICY pipeline ON %I TO mmm_pipeline USING (true) WITH CHECK (true)', v_table);
    -- Unset is null and, after a transaction that set it, '': neither equals a tenant (each table checks tenant_id <> '').
    EXECUTE format(
      'CREATE POLICY api ON %I TO mmm_api USING (tenant_id = current_setting(''mmm.tenant'', true)) WITH CHECK (tenant_id = current_setting(''mmm.tenant'', true))',
      v_table);
  END LOOP;
END
$rls$;

-- The pipeline: what it writes, and reading what it decides by.
GRANT SELECT, INSERT, UPDATE ON mmm_shards, mmm_actors, mmm_deferrals TO mmm_pipeline;
GRANT SELECT, INSERT, DELETE ON mmm_outbox, mmm_journal, mmm_decisions, mmm_actions TO mmm_pipeline;
GRANT SELECT, INSERT ON mmm_settings, mmm_outcomes TO mmm_pipeline;
GRANT SELECT ON mmm_playbooks, mmm_tenant_policies, mmm_actor_preferences, mmm_experiments TO mmm_pipeline;

-- The API: its own tenant. Never the receipt key of an actor: with it the pseudonyms in receipts could be undone.
GRANT SELECT (tenant_id, actor_id, version, head, profile), INSERT (tenant_id, actor_id, version, head, profile),
  UPDATE (version, head, profile) ON mmm_actors TO mmm_api;
GRANT SELECT ON mmm_journal, mmm_decisions, mmm_actions, mmm_deferrals TO mmm_api;
GRANT SELECT, INSERT, UPDATE ON mmm_actor_preferences, mmm_experiments, mmm_dual_channel_approvals TO mmm_api;
GRANT SELECT, INSERT ON mmm_outcomes, mmm_tenant_policies, mmm_audit TO mmm_api;
-- A version is immutable but for its status.
GRANT SELECT, INSERT, UPDATE (status, published_at) ON mmm_playbooks TO mmm_api;
-- Nothing on mmm_outbox and mmm_shards: they carry every tenant's records. HTTP decisions commit as mmm_pipeline.
