-- $1 tenant. The current policy and the published playbooks, nothing else (D-101), of one snapshot.
SELECT p.version, p.document,
       (SELECT coalesce(json_agg(json_build_object('version', b.version, 'document', b.document) ORDER BY b.playbook_id), '[]'::json)
          FROM mmm_playbooks b WHERE b.tenant_id = p.tenant_id AND b.status = 'published') AS playbooks
  FROM mmm_tenant_policies p WHERE p.tenant_id = $1 ORDER BY p.version DESC LIMIT 1
