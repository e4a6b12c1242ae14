-- How far a session has published, told with its next commit: a statement of its own for each was a quarter of the statements of a session at 200 signals/s.
-- Called in the statement of the commit and after it, so under its lock and its check of epoch and timeline. Never lowers. Null: nothing to tell.
CREATE FUNCTION mmm_note_published(p_shard integer, p_upto bigint) RETURNS void LANGUAGE plpgsql VOLATILE STRICT
SET search_path = public, pg_temp
SET enable_seqscan = off
SET jit = off
AS $$
BEGIN
  UPDATE mmm_shards SET published_upto = greatest(published_upto, p_upto) WHERE shard = p_shard AND p_upto < next_number;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'MM003', MESSAGE = format('shard %s gave no number %s', p_shard, p_upto);
  END IF;
END
$$;

REVOKE EXECUTE ON FUNCTION mmm_note_published FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mmm_note_published TO mmm_pipeline;
