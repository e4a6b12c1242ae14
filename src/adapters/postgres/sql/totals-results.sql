-- $1 tenant, null = all. `missing`: decided, and the decision is not there.
SELECT j.result, count(*) AS count, count(*) FILTER (WHERE j.result = 'decided' AND d.decision_id IS NULL) AS missing
  FROM mmm_journal j
  LEFT JOIN mmm_decisions d ON d.tenant_id = j.tenant_id AND d.decision_id = j.decision_id AND d.signal_id = j.signal_id
 WHERE j.kind = 'signal' AND ($1::text IS NULL OR j.tenant_id = $1)
 GROUP BY j.result ORDER BY j.result
