-- $1 tenant, $2 signal id.
SELECT decision_id, body, receipt FROM mmm_decisions WHERE tenant_id = $1 AND signal_id = $2
