-- $1 tenant. The current policy, the published and shadow playbooks and the arms of what runs, nothing else (D-101), of one snapshot.
-- An arm that was published before has passed the lint; a draft never decides, whatever an experiment names.
SELECT p.version, p.document,
       (SELECT coalesce(json_agg(json_build_object('version', b.version, 'document', b.document, 'status', b.status,
                  'onProbation', EXISTS (SELECT FROM mmm_playbook_probation x
                                          WHERE x.tenant_id = b.tenant_id AND x.playbook_id = b.playbook_id AND x.version = b.version))
                                 ORDER BY b.playbook_id, b.version), '[]'::json)
          FROM mmm_playbooks b
         WHERE b.tenant_id = p.tenant_id
           AND (b.status IN ('published', 'shadow')
                OR (b.status = 'deprecated' AND b.published_at IS NOT NULL
                    AND EXISTS (SELECT FROM mmm_experiments e, jsonb_array_elements(e.config -> 'arms') a
                                 WHERE e.tenant_id = b.tenant_id AND e.status IN ('active', 'hold')
                                   AND e.config ->> 'playbook' = b.playbook_id AND a ->> 'version' = b.version::text)))) AS playbooks,
       (SELECT coalesce(json_agg(json_build_object('document', e.config, 'status', e.status) ORDER BY e.experiment_id), '[]'::json)
          FROM mmm_experiments e WHERE e.tenant_id = p.tenant_id AND e.status IN ('active', 'hold')) AS experiments
  FROM mmm_tenant_policies p WHERE p.tenant_id = $1 ORDER BY p.version DESC LIMIT 1
