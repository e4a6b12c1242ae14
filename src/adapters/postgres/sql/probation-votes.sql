-- Of all tenants: votes on each published version that is not on probation. A vote is an action that somebody spoke on: accepted, dismissed, or called
-- not useful in any outcome. Silence (shown, ignored) is no vote, or a playbook nobody reads would be thought useful. Actions are kept 90 days.
SELECT v.tenant_id, v.playbook_id, v.version, count(*)::integer AS votes,
       (count(*) FILTER (WHERE v.not_useful))::integer AS not_useful, count(DISTINCT v.actor_id)::integer AS actors
  FROM (SELECT o.tenant_id, o.action_id, o.actor_id, a.playbook_id, a.playbook_version AS version,
               coalesce(bool_or(o.reason = 'not_useful'), false) AS not_useful
          FROM mmm_outcomes o
          JOIN mmm_actions a ON a.tenant_id = o.tenant_id AND a.action_id = o.action_id
         WHERE (o.result IN ('accepted', 'dismissed') OR o.reason = 'not_useful') AND o.created_at > now() - interval '90 days'
         GROUP BY o.tenant_id, o.action_id, o.actor_id, a.playbook_id, a.playbook_version) v
  JOIN mmm_playbooks p ON p.tenant_id = v.tenant_id AND p.playbook_id = v.playbook_id AND p.version = v.version AND p.status = 'published'
 WHERE NOT EXISTS (SELECT FROM mmm_playbook_probation b
                    WHERE b.tenant_id = v.tenant_id AND b.playbook_id = v.playbook_id AND b.version = v.version)
 GROUP BY v.tenant_id, v.playbook_id, v.version
 ORDER BY v.tenant_id, v.playbook_id, v.version
