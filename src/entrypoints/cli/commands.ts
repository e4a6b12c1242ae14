import type { CliCommand } from './command.ts';

interface CommandEntry {
  readonly summary: string;
  load(): Promise<CliCommand>;
}

/** Every command of interface 7 that this release has, with what `mmm --help` says of it. */
export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  serve: { summary: 'run the engine', load: async () => (await import('./serve.ts')).serveCommand },
  try: {
    summary: "run the real pipeline over a git repository's own history and show what would have been said",
    load: async () => (await import('./try.ts')).tryCommand,
  },
  topics: { summary: 'create or check the topics', load: async () => (await import('./topics.ts')).topicsCommand },
  schemas: {
    summary: 'register or check the schemas',
    load: async () => (await import('./schemas.ts')).schemasCommand,
  },
  migrate: {
    summary: 'bring the database to this release',
    load: async () => (await import('./migrate.ts')).migrateCommand,
  },
  publish: { summary: 'put records into a topic', load: async () => (await import('./publish.ts')).publishCommand },
  consume: {
    summary: 'show the records of a topic, decoded',
    load: async () => (await import('./consume.ts')).consumeCommand,
  },
  tenants: {
    summary: 'create or change tenants with their policy',
    load: async () => (await import('./tenants.ts')).tenantsCommand,
  },
  playbooks: {
    summary: 'lint, test, import, export, publish and compare playbooks',
    load: async () => (await import('./playbooks.ts')).playbooksCommand,
  },
  experiments: {
    summary: 'compare versions of a playbook, or let one run as shadow',
    load: async () => (await import('./experiments.ts')).experimentsCommand,
  },
  explain: {
    summary: 'why a signal led to a nudge or did not, and what would have been enough',
    load: async () => (await import('./explain.ts')).explainCommand,
  },
  replay: {
    summary:
      'decide again in the shadow, publish what is missing, or send once more: planned, approved by a second person, run',
    load: async () => (await import('./replay.ts')).replayCommand,
  },
  receipts: {
    summary: 'verify receipts, print the public key',
    load: async () => (await import('./receipts.ts')).receiptsCommand,
  },
  outbox: {
    summary: 'what waits to be published, and its repair',
    load: async () => (await import('./outbox.ts')).outboxCommand,
  },
  dlq: {
    summary: 'dead letters: list, show, replay, purge, and the breaker that holds them back',
    load: async () => (await import('./dlq.ts')).dlqCommand,
  },
  token: {
    summary: 'a development token for the embedded default',
    load: async () => (await import('./token.ts')).tokenCommand,
  },
  doctor: {
    summary: 'check everything the engine needs',
    load: async () => (await import('./doctor.ts')).doctorCommand,
  },
  bench: {
    summary: 'measure this engine against a bare pipeline',
    load: async () => (await import('./bench.ts')).benchCommand,
  },
  stack: {
    summary: 'Kafka, Redis, registry and PostgreSQL for development, as local processes',
    load: async () => (await import('./stack.ts')).stackCommand,
  },
};
