-- Of all tenants: votes on each published version that is not on probation. A vote is an action that somebody spoke on: accepted, dismissed, or called
-- not useful in any outcome. Silence (shown, ignored) is no vote, or a playbook nobody reads would be thought useful. Actions are kept 90 days.
-- Each person counts once, with the share of their votes that said not useful.
WITH votes AS (
        SELECT o.tenant_id, o.action_id, o.actor_id, a.playbook_id, a.playbook_version AS version,
               coalesce(bool_or(o.reason = 'not_useful'), false) AS not_useful
          FROM mmm_outcomes o
          JOIN mmm_actions a ON a.tenant_id = o.tenant_id AND a.action_id = o.action_id
         WHERE (o.result IN ('accepted', 'dismissed') OR o.reason = 'not_useful') AND o.created_at > now() - interval '90 days'
         GROUP BY o.tenant_id, o.action_id, o.actor_id, a.playbook_id, a.playbook_version
), people AS (
        SELECT tenant_id, playbook_id, version, count(*) AS votes, count(*) FILTER (WHERE not_useful) AS not_useful
          FROM votes GROUP BY tenant_id, playbook_id, version, actor_id
)
SELECT v.tenant_id, v.playbook_id, v.version, sum(v.votes)::integer AS votes, sum(v.not_useful)::integer AS not_useful,
       count(*)::integer AS actors, sum(v.not_useful::float8 / v.votes) AS unhappy
  FROM people v
  JOIN mmm_playbooks p ON p.tenant_id = v.tenant_id AND p.playbook_id = v.playbook_id AND p.version = v.version AND p.status = 'published'
 WHERE NOT EXISTS (SELECT FROM mmm_playbook_probation b
                    WHERE b.tenant_id = v.tenant_id AND b.playbook_id = v.playbook_id AND b.version = v.version)
 GROUP BY v.tenant_id, v.playbook_id, v.version
 ORDER BY v.tenant_id, v.playbook_id, v.version
