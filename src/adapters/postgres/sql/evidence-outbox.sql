-- $1 decision ids. As role mmm_pipeline. No index finds a decision's rows, and they are kept a day: one reading of the table for many decisions. The header
-- by its text, as in purge-journal.sql. Rows of an outcome name its decision too, but no signal.
SELECT substring(o.headers FROM '"mmm-decision-id":"([^"]*)"') AS decision_id, o.shard, o.number, o.topic, o.key, o.value, o.headers,
       NOT EXISTS (SELECT FROM mmm_outbox b WHERE b.shard = o.shard AND b.number < o.number) AS is_first
  FROM mmm_outbox o
 WHERE substring(o.headers FROM '"mmm-decision-id":"([^"]*)"') = ANY ($1::text[]) AND o.headers LIKE '%"mmm-signal-id":%'
 ORDER BY o.shard, o.number
