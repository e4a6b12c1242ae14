/** `acme`: every signal of an actor gives one card, so that outputs can be counted. `capped`: two a day. `other`: somebody else. */
export const TENANTS = {
  tenants: [
    tenant('acme', { max_actions_per_day: 1_000, max_actions_per_hour: 1_000, per_repo_per_day: 1_000 }),
    tenant('capped', { max_actions_per_day: 2, max_actions_per_hour: 2, per_repo_per_day: 2 }),
    tenant('other', { max_actions_per_day: 1_000, max_actions_per_hour: 1_000, per_repo_per_day: 1_000 }),
  ],
};

function tenant(id: string, quotas: Readonly<Record<string, number>>) {
  return { id, time_zone: 'UTC', unknown_actors: 'allow', quiet_hours: { start: '00:00', end: '00:00' }, quotas };
}

export const EVERY_SIGNAL = {
  id: 'every-signal',
  name: 'Every signal',
  owner: 'tests',
  triggers: [{ event_type: 'commit_pushed' }, { event_type: 'ubi.*' }],
  actions: [
    {
      type: 'mirror',
      surfaces: ['ide'],
      template: { title: 'A signal of type {{signal.event_type}}', body: 'It came from {{signal.source}}.' },
    },
  ],
};
