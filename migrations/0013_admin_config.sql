-- Events of mmm.admin_config (R-127): a change of a tenant's definitions writes its event into the outbox in its own transaction.
-- mmm_api, which makes these changes, has nothing on mmm_outbox and mmm_shards, because they carry every tenant's records (0002). These two functions
-- run as their owner and let it do one thing: append a record of this topic under the key of the tenant that its transaction is bound to.

-- The key of the tenant that this transaction is bound to, as domain/ids.ts encodes it; null if it is bound to none. % first: the others bring it in.
CREATE FUNCTION mmm_tenant_key() RETURNS bytea LANGUAGE sql STABLE
SET search_path = public, pg_temp
AS $$
  SELECT convert_to(replace(replace(replace(replace(nullif(current_setting('mmm.tenant', true), ''),
    '%', '%25'), '|', '%7C'), '{', '%7B'), '}', '%7D'), 'UTF8')
$$;

-- Picks the shard of the tenant's events and locks it until the transaction ends. p_hash: the key's hash (domain/partitioner.ts), not negative.
-- As mmm_commit_outcome (0006), a writer without an epoch. Whoever goes on to lock an actor calls this before that: commits lock the shard first.
CREATE FUNCTION mmm_lock_config_shard(p_hash integer, p_key bytea) RETURNS integer LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = public, pg_temp
SET jit = off
AS $$
DECLARE
  v_shard mmm_shards%ROWTYPE;
  v_at integer;
BEGIN
  IF p_key IS DISTINCT FROM mmm_tenant_key() OR p_key IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'the key is not that of the tenant of this transaction';
  END IF;
  -- Before the first start of an engine nobody knows how many shards there will be. Shard 0 is always one of them; a guess might be a shard that never
  -- gets a session, and its rows would wait for ever.
  SELECT p_hash % (value #>> '{}')::integer INTO v_at FROM mmm_settings WHERE name = 'partitions';
  v_at := coalesce(v_at, 0);
  -- What the tenant has waiting there from that time goes first: between shards there is no order.
  IF v_at <> 0 AND EXISTS (
    SELECT FROM mmm_shards s JOIN mmm_outbox o ON o.shard = s.shard AND o.number > s.published_upto
     WHERE s.shard = 0 AND o.topic = 'mmm.admin_config' AND o.key = p_key
  ) THEN
    v_at := 0;
  END IF;

  SELECT * INTO v_shard FROM mmm_shards WHERE shard = v_at FOR UPDATE;
  IF NOT FOUND THEN
    INSERT INTO mmm_shards (shard, epoch, next_number, published_upto, timeline) VALUES (v_at, 0, 1, -1, mmm_timeline())
      ON CONFLICT DO NOTHING;
    SELECT * INTO v_shard FROM mmm_shards WHERE shard = v_at FOR UPDATE;
  END IF;
  IF v_shard.timeline <> mmm_timeline() THEN
    RAISE EXCEPTION USING ERRCODE = 'MM003', MESSAGE = format('shard %s was last compared on another timeline', v_at);
  END IF;
  IF v_shard.next_number - 1 - v_shard.published_upto > 100000 THEN
    RAISE EXCEPTION USING ERRCODE = 'MM006', MESSAGE = format('shard %s has too many unpublished rows', v_at);
  END IF;
  RETURN v_at;
END
$$;

-- Appends the record to a shard that mmm_lock_config_shard has picked and locked in this transaction; answers its number.
CREATE FUNCTION mmm_put_config_event(p_shard integer, p_key bytea, p_headers text, p_value bytea) RETURNS bigint LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = public, pg_temp
SET jit = off
AS $$
DECLARE
  v_number bigint;
BEGIN
  IF p_key IS DISTINCT FROM mmm_tenant_key() OR p_key IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'the key is not that of the tenant of this transaction';
  END IF;
  UPDATE mmm_shards SET next_number = next_number + 1 WHERE shard = p_shard RETURNING next_number - 1 INTO STRICT v_number;
  INSERT INTO mmm_outbox (shard, number, topic, headers, key, value) VALUES (p_shard, v_number, 'mmm.admin_config', p_headers, p_key, p_value);
  PERFORM pg_notify('mmm_outbox', p_shard::text);
  RETURN v_number;
END
$$;

REVOKE EXECUTE ON FUNCTION mmm_tenant_key, mmm_lock_config_shard, mmm_put_config_event FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mmm_lock_config_shard, mmm_put_config_event TO mmm_api;
