-- $1 tenant. The current policy, the published and shadow playbooks and what experiments run, nothing else (D-101), of one snapshot.
SELECT p.version, p.document,
       (SELECT coalesce(json_agg(json_build_object('version', b.version, 'document', b.document, 'status', b.status,
                  'onProbation', EXISTS (SELECT FROM mmm_playbook_probation x
                                          WHERE x.tenant_id = b.tenant_id AND x.playbook_id = b.playbook_id AND x.version = b.version))
                                 ORDER BY b.playbook_id, b.version), '[]'::json)
          FROM mmm_playbooks b WHERE b.tenant_id = p.tenant_id AND b.status IN ('published', 'shadow')) AS playbooks,
       (SELECT coalesce(json_agg(json_build_object('document', e.config, 'status', e.status) ORDER BY e.experiment_id), '[]'::json)
          FROM mmm_experiments e WHERE e.tenant_id = p.tenant_id AND e.status IN ('active', 'hold')) AS experiments
  FROM mmm_tenant_policies p WHERE p.tenant_id = $1 ORDER BY p.version DESC LIMIT 1
