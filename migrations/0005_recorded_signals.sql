-- The recorded signal, so that what was never said can be explained and planned again (decided signals have theirs in mmm_decisions.read).
-- Text, not json: the same bytes must come back, and nothing searches in it. 30 days, with its row.
ALTER TABLE mmm_journal ADD COLUMN signal text;
-- A signal is some 700 bytes of text. Compressing it on the way in took longer than writing it, so rows up to a page stay inline as they are.
ALTER TABLE mmm_journal SET (toast_tuple_target = 8160);

-- What a commit carries beyond signals, decisions and outbox rows; for the actors that were committed only. A later migration says what it is.
CREATE FUNCTION mmm_commit_more(p_shard integer, p_tenants text[], p_actors text[], p_committed boolean[], p_more json)
RETURNS void LANGUAGE plpgsql VOLATILE SET search_path = public, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'this schema has no place for more';
END
$$;

-- The commit as in 0003, which explains it, with three differences: the recorded signal follows the facts in the blob; key and value of an outbox row
-- have places of their own, so that what several rows share (the key; the receipt, which is in mmm_decisions too) is sent once; and p_more.
-- The function of 0003 stays: processes of the release before go on committing with it while a new one is rolled out (expand, then contract).
CREATE FUNCTION mmm_commit(
  p_shard integer, p_epoch bigint, p_blob bytea,
  p_tenants text[], p_actors text[], p_versions integer[], p_heads text[],
  p_new_versions integer[], p_new_heads text[], p_keys bytea[],
  p_e_actor integer[], p_e_kind text[], p_e_version integer[], p_e_signal text[], p_e_decision text[], p_e_result text[],
  p_e_at_ms bigint[], p_e_decided_ms bigint[], p_e_at integer[], p_e_len integer[], p_e_signal_len integer[],
  p_d_actor integer[], p_d_id text[], p_d_signal text[], p_d_decided_ms bigint[], p_d_receipt_id text[],
  p_d_at integer[], p_d_body_len integer[], p_d_trace_len integer[], p_d_read_len integer[], p_d_receipt_len integer[],
  p_a_actor integer[], p_a_id text[], p_a_decision text[], p_a_playbook text[], p_a_version integer[], p_a_type text[], p_a_hash text[],
  p_o_actor integer[], p_o_topic text[], p_o_headers_at integer[], p_o_headers_len integer[],
  p_o_key_at integer[], p_o_key_len integer[], p_o_value_at integer[], p_o_value_len integer[],
  p_more json,
  OUT committed boolean[], OUT first_number bigint, OUT last_number bigint
) LANGUAGE plpgsql VOLATILE
SET search_path = public, pg_temp
SET enable_seqscan = off
SET jit = off
AS $$
DECLARE
  v_shard mmm_shards%ROWTYPE;
  v_rows tid[];
  v_lost integer[];
  v_at integer;
  v_count bigint;
BEGIN
  -- The shard first, always: then commits of a shard queue here and can not deadlock further down, and number order is commit order.
  SELECT * INTO v_shard FROM mmm_shards WHERE shard = p_shard FOR UPDATE;
  IF NOT FOUND THEN
    INSERT INTO mmm_shards (shard, epoch, next_number, published_upto, timeline) VALUES (p_shard, 0, 1, -1, mmm_timeline())
      ON CONFLICT DO NOTHING;
    SELECT * INTO v_shard FROM mmm_shards WHERE shard = p_shard FOR UPDATE;
  END IF;
  IF p_epoch IS NOT NULL AND p_epoch <> v_shard.epoch THEN
    RAISE EXCEPTION USING ERRCODE = 'MM001', MESSAGE = format('shard %s stands at epoch %s', p_shard, v_shard.epoch);
  END IF;
  IF v_shard.timeline <> mmm_timeline() THEN
    RAISE EXCEPTION USING ERRCODE = 'MM003', MESSAGE = format('shard %s was last compared on another timeline', p_shard);
  END IF;
  -- 100,000 waiting rows (design 3.2): a session drains before it takes input, an HTTP write must be refused.
  IF p_epoch IS NULL AND v_shard.next_number - 1 - v_shard.published_upto > 100000 THEN
    RAISE EXCEPTION USING ERRCODE = 'MM006', MESSAGE = format('shard %s has too many unpublished rows', p_shard);
  END IF;

  -- Lock the actors in one order; an actor stands where the request says only if number and head both match.
  SELECT array_agg(found.version IS NOT DISTINCT FROM nullif(r.version, 0) AND coalesce(found.head, '') = r.head AND r.nth = 1 ORDER BY r.ord),
         array_agg(found.at) FILTER (WHERE found.at IS NOT NULL)
    INTO committed, v_rows
    FROM (SELECT u.*, row_number() OVER (PARTITION BY u.tenant, u.actor ORDER BY u.ord) AS nth
            FROM unnest(p_tenants, p_actors, p_versions, p_heads) WITH ORDINALITY AS u(tenant, actor, version, head, ord)
           ORDER BY u.tenant, u.actor) r
    LEFT JOIN LATERAL (SELECT a.ctid AS at, a.version, a.head FROM mmm_actors a
                        WHERE a.tenant_id = r.tenant AND a.actor_id = r.actor FOR UPDATE) found ON true;

  -- A signal that is there already, or twice in the request, makes its whole actor a conflict.
  SELECT array_agg(DISTINCT e.actor) INTO v_lost
    FROM (SELECT u.actor, u.signal, a.tenant,
                 row_number() OVER (PARTITION BY a.tenant, u.signal ORDER BY u.actor, u.version) AS nth
            FROM unnest(p_e_actor, p_e_signal, p_e_version) AS u(actor, signal, version)
            JOIN unnest(p_tenants) WITH ORDINALITY AS a(tenant, ord) ON a.ord = u.actor) e
    LEFT JOIN LATERAL (SELECT true AS there FROM mmm_journal j
                        WHERE j.tenant_id = e.tenant AND j.signal_id = e.signal LIMIT 1) j ON true
   WHERE j.there OR e.nth > 1;
  FOREACH v_at IN ARRAY coalesce(v_lost, '{}') LOOP
    committed[v_at] := false;
  END LOOP;

  IF 0 = ANY (p_versions) THEN
    WITH wanted AS (
      SELECT * FROM unnest(p_tenants, p_actors, p_versions, p_new_versions, p_new_heads, p_keys, committed) WITH ORDINALITY
        AS r(tenant, actor, version, new_version, new_head, key, ok, ord) WHERE r.ok AND r.version = 0
    ), made AS (
      INSERT INTO mmm_actors (tenant_id, actor_id, version, head, receipt_key)
      SELECT w.tenant, w.actor, w.new_version, w.new_head, w.key FROM wanted w ORDER BY w.tenant, w.actor
      ON CONFLICT DO NOTHING
      RETURNING tenant_id, actor_id
    )
    SELECT array_agg(w.ord) INTO v_lost FROM wanted w
     WHERE NOT EXISTS (SELECT FROM made m WHERE m.tenant_id = w.tenant AND m.actor_id = w.actor);
    -- Made by somebody else since the lock above: their row stands, ours is a conflict.
    FOREACH v_at IN ARRAY coalesce(v_lost, '{}') LOOP
      committed[v_at] := false;
    END LOOP;
  END IF;

  UPDATE mmm_actors a
     SET version = r.new_version, head = r.new_head, receipt_key = coalesce(a.receipt_key, r.key)
    FROM unnest(p_tenants, p_actors, p_versions, p_new_versions, p_new_heads, p_keys, committed)
      AS r(tenant, actor, version, new_version, new_head, key, ok)
   WHERE a.ctid = ANY (v_rows) AND r.ok AND r.version > 0 AND a.tenant_id = r.tenant AND a.actor_id = r.actor;

  INSERT INTO mmm_journal (tenant_id, actor_id, version, kind, signal_id, decision_id, result, at_ms, decided_at_ms, facts, signal)
  SELECT r.tenant, r.actor, e.version, e.kind, e.signal, e.decision, e.result, e.at_ms, e.decided_ms,
         convert_from(substring(p_blob FROM e.at FOR e.len), 'UTF8')::json,
         convert_from(mmm_slice(p_blob, e.at + e.len, e.signal_len), 'UTF8')
    FROM unnest(p_e_actor, p_e_kind, p_e_version, p_e_signal, p_e_decision, p_e_result, p_e_at_ms, p_e_decided_ms, p_e_at, p_e_len, p_e_signal_len)
      AS e(actor, kind, version, signal, decision, result, at_ms, decided_ms, at, len, signal_len)
    JOIN unnest(p_tenants, p_actors, committed) WITH ORDINALITY AS r(tenant, actor, ok, ord) ON r.ord = e.actor AND r.ok;

  INSERT INTO mmm_decisions (tenant_id, actor_id, decision_id, signal_id, decided_at, receipt_id, body, trace, "read", receipt)
  SELECT r.tenant, r.actor, d.id, d.signal, to_timestamp(d.decided_ms / 1000.0), d.receipt_id,
         convert_from(substring(p_blob FROM d.at FOR d.body), 'UTF8'),
         convert_from(substring(p_blob FROM d.at + d.body FOR d.trace), 'UTF8'),
         convert_from(substring(p_blob FROM d.at + d.body + d.trace FOR d.read), 'UTF8'),
         convert_from(substring(p_blob FROM d.at + d.body + d.trace + d.read FOR d.receipt), 'UTF8')
    FROM unnest(p_d_actor, p_d_id, p_d_signal, p_d_decided_ms, p_d_receipt_id,
                p_d_at, p_d_body_len, p_d_trace_len, p_d_read_len, p_d_receipt_len)
      AS d(actor, id, signal, decided_ms, receipt_id, at, body, trace, read, receipt)
    JOIN unnest(p_tenants, p_actors, committed) WITH ORDINALITY AS r(tenant, actor, ok, ord) ON r.ord = d.actor AND r.ok;

  INSERT INTO mmm_actions (tenant_id, action_id, decision_id, playbook_id, playbook_version, action_type, payload_hash)
  SELECT r.tenant, a.id, a.decision, a.playbook, a.version, a.type, a.hash
    FROM unnest(p_a_actor, p_a_id, p_a_decision, p_a_playbook, p_a_version, p_a_type, p_a_hash)
      AS a(actor, id, decision, playbook, version, type, hash)
    JOIN unnest(p_tenants, committed) WITH ORDINALITY AS r(tenant, ok, ord) ON r.ord = a.actor AND r.ok;

  INSERT INTO mmm_outbox (shard, number, topic, headers, key, value)
  SELECT p_shard, v_shard.next_number - 1 + row_number() OVER (ORDER BY o.actor, o.ord), o.topic,
         convert_from(substring(p_blob FROM o.headers_at FOR o.headers), 'UTF8'),
         mmm_slice(p_blob, o.key_at, o.key),
         mmm_slice(p_blob, o.value_at, o.value)
    FROM unnest(p_o_actor, p_o_topic, p_o_headers_at, p_o_headers_len, p_o_key_at, p_o_key_len, p_o_value_at, p_o_value_len) WITH ORDINALITY
      AS o(actor, topic, headers_at, headers, key_at, key, value_at, value, ord)
    JOIN unnest(committed) WITH ORDINALITY AS r(ok, ord) ON r.ord = o.actor AND r.ok;
  GET DIAGNOSTICS v_count = ROW_COUNT;

  IF p_more IS NOT NULL THEN
    PERFORM mmm_commit_more(p_shard, p_tenants, p_actors, committed, p_more);
  END IF;

  last_number := v_shard.next_number - 1 + v_count;
  IF v_count > 0 THEN
    first_number := v_shard.next_number;
    UPDATE mmm_shards SET next_number = v_shard.next_number + v_count WHERE shard = p_shard;
    -- Only for commits by others than the session: it knows its own rows, and NOTIFY takes a lock that all databases' commits share.
    IF p_epoch IS NULL THEN
      PERFORM pg_notify('mmm_outbox', p_shard::text);
    END IF;
  END IF;
END
$$;

REVOKE EXECUTE ON ROUTINE mmm_commit_more FROM PUBLIC;
DO $grants$
DECLARE
  v_commit regprocedure;
BEGIN
  -- Two functions of this name: each by its own signature.
  FOR v_commit IN SELECT oid::regprocedure FROM pg_proc WHERE proname = 'mmm_commit' AND pronamespace = 'public'::regnamespace LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', v_commit);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO mmm_pipeline', v_commit);
  END LOOP;
END
$grants$;
GRANT EXECUTE ON FUNCTION mmm_commit_more TO mmm_pipeline;
