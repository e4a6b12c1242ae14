-- The PostgreSQL-backed log of the embedded default (design 5). Empty where Kafka is the log.
-- Offsets are gapless in commit order per (topic, partition): whoever appends holds the row of its head until it commits.
CREATE TABLE mmm_log_heads (
  topic text NOT NULL,
  "partition" integer NOT NULL CHECK ("partition" >= 0),
  next_offset bigint NOT NULL DEFAULT 0,
  -- Records below it were deleted by retention.
  first_offset bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (topic, "partition")
);

CREATE TABLE mmm_log_records (
  topic text NOT NULL,
  "partition" integer NOT NULL,
  "offset" bigint NOT NULL,
  ts_ms bigint NOT NULL,
  key bytea,
  value bytea,
  headers text NOT NULL,
  PRIMARY KEY (topic, "partition", "offset")
);
ALTER TABLE mmm_log_records SET (toast_tuple_target = 8160);

CREATE TABLE mmm_log_offsets (
  group_id text NOT NULL,
  topic text NOT NULL,
  "partition" integer NOT NULL,
  next_offset bigint NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (group_id, topic, "partition")
);

-- What a transactional producer's epoch is in Kafka: raised by each new owner, checked by each publication.
CREATE TABLE mmm_log_fences (
  name text PRIMARY KEY,
  fence bigint NOT NULL
);

CREATE FUNCTION mmm_log_append(
  p_blob bytea, p_ts_ms bigint, p_topics text[], p_partitions integer[],
  p_at integer[], p_headers_len integer[], p_key_len integer[], p_value_len integer[]
) RETURNS void LANGUAGE plpgsql VOLATILE
SET search_path = public, pg_temp
SET enable_seqscan = off
SET jit = off
AS $$
DECLARE
  v_topics text[];
  v_partitions integer[];
  v_next bigint[];
BEGIN
  IF coalesce(cardinality(p_topics), 0) = 0 THEN
    RETURN;
  END IF;
  INSERT INTO mmm_log_heads (topic, "partition")
  SELECT DISTINCT u.topic, u.part FROM unnest(p_topics, p_partitions) AS u(topic, part)
   WHERE NOT EXISTS (SELECT FROM mmm_log_heads h WHERE h.topic = u.topic AND h."partition" = u.part)
   ORDER BY 1, 2
  ON CONFLICT DO NOTHING;
  -- Heads are locked in one order, so that two appends over several partitions can not deadlock.
  SELECT array_agg(h.topic ORDER BY h.topic, h."partition"), array_agg(h."partition" ORDER BY h.topic, h."partition"),
         array_agg(h.next_offset ORDER BY h.topic, h."partition")
    INTO v_topics, v_partitions, v_next
    FROM (SELECT DISTINCT u.topic, u.part FROM unnest(p_topics, p_partitions) AS u(topic, part) ORDER BY 1, 2) r
    CROSS JOIN LATERAL (SELECT x.* FROM mmm_log_heads x WHERE x.topic = r.topic AND x."partition" = r.part FOR UPDATE) h;
  INSERT INTO mmm_log_records (topic, "partition", "offset", ts_ms, headers, key, value)
  SELECT u.topic, u.part, h.next - 1 + row_number() OVER (PARTITION BY u.topic, u.part ORDER BY u.ord), p_ts_ms,
         convert_from(substring(p_blob FROM u.at FOR u.headers), 'UTF8'),
         mmm_slice(p_blob, u.at + u.headers, u.key),
         mmm_slice(p_blob, u.at + u.headers + greatest(u.key, 0), u.value)
    FROM unnest(p_topics, p_partitions, p_at, p_headers_len, p_key_len, p_value_len) WITH ORDINALITY
      AS u(topic, part, at, headers, key, value, ord)
    JOIN unnest(v_topics, v_partitions, v_next) AS h(topic, part, next) ON h.topic = u.topic AND h.part = u.part;
  UPDATE mmm_log_heads h SET next_offset = h.next_offset + c.count
    FROM (SELECT u.topic, u.part, count(*) AS count FROM unnest(p_topics, p_partitions) AS u(topic, part) GROUP BY 1, 2) c
   WHERE h.topic = c.topic AND h."partition" = c.part;
  PERFORM pg_notify('mmm_log', t.topic) FROM (SELECT DISTINCT unnest(v_topics) AS topic) t;
END
$$;

-- One publication of a session: output records, input offset and cursor, all or nothing. MM005: a newer owner exists.
CREATE FUNCTION mmm_log_publish(
  p_fence_name text, p_fence bigint, p_group text, p_input_topic text, p_cursor_topic text, p_partition integer,
  p_input_next bigint, p_cursor bigint,
  p_blob bytea, p_ts_ms bigint, p_topics text[], p_partitions integer[],
  p_at integer[], p_headers_len integer[], p_key_len integer[], p_value_len integer[]
) RETURNS void LANGUAGE plpgsql VOLATILE
SET search_path = public, pg_temp
SET enable_seqscan = off
SET jit = off
AS $$
BEGIN
  -- The row stays locked until the commit: a new owner's fence() waits for this publication and then reads its positions.
  PERFORM FROM mmm_log_fences WHERE name = p_fence_name AND fence = p_fence FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'MM005', MESSAGE = format('%s has a newer owner', p_fence_name);
  END IF;
  PERFORM mmm_log_append(p_blob, p_ts_ms, p_topics, p_partitions, p_at, p_headers_len, p_key_len, p_value_len);
  INSERT INTO mmm_log_offsets (group_id, topic, "partition", next_offset)
  SELECT p_group, p_input_topic, p_partition, p_input_next WHERE p_input_next IS NOT NULL
  UNION ALL
  SELECT p_group, p_cursor_topic, p_partition, p_cursor
  ON CONFLICT (group_id, topic, "partition") DO UPDATE SET next_offset = excluded.next_offset, updated_at = now();
END
$$;

REVOKE EXECUTE ON FUNCTION mmm_log_append, mmm_log_publish FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mmm_log_append, mmm_log_publish TO mmm_pipeline;
GRANT SELECT, INSERT, UPDATE, DELETE ON mmm_log_heads, mmm_log_records, mmm_log_offsets, mmm_log_fences TO mmm_pipeline;
