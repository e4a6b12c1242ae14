import { BENCH_TENANT, EVENT_TYPES } from './signals.ts';

/** Limits off: what is measured is the way, not what is held back on it. */
export const BENCH_POLICY = {
  id: BENCH_TENANT,
  time_zone: 'UTC',
  unknown_actors: 'allow',
  quotas: { max_actions_per_day: 1_000, max_actions_per_hour: 1_000, per_repo_per_day: 1_000 },
  quiet_hours: { start: '00:00', end: '00:00' },
};

/** One Mirror on one surface for every signal of the first type, with a condition and counts, as a real playbook has. */
export const BENCH_PLAYBOOK = {
  id: 'bench-source-without-tests',
  name: 'Changes without tests',
  description: 'The benchmark: one card for each signal of its type.',
  owner: 'bench',
  tier: 'normal',
  triggers: [{ event_type: EVENT_TYPES[0], actor_types: ['human'] }],
  when: 'signal.payload.test_files == 0 && recent.count("commit_pushed", "7d") >= 1',
  deferral: { mode: 'drop' },
  actions: [
    {
      type: 'mirror',
      surfaces: ['ide'],
      template: {
        title: '{{signal.payload.files_changed}} files changed, none of them tests',
        body: 'Lines added: {{signal.payload.insertions}}, removed: {{signal.payload.deletions}}. Pushes like this in 7 days: {{recent.count("commit_pushed", "7d")}}.',
      },
      rationale: {
        why_relevant: 'Your last pushes to this repository had no test files.',
        evidence: ['signal', 'recent'],
      },
    },
  ],
};
