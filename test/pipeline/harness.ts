import { randomUUID } from 'node:crypto';
import { createCelCompiler } from '../../src/adapters/cel/cel-compiler.ts';
import { uuidIds } from '../../src/adapters/ids/uuid-ids.ts';
import { newActorRef } from '../../src/adapters/keys/actor-ref.ts';
import { MemoryContextSource } from '../../src/adapters/memory/memory-context-source.ts';
import { MemoryJournal } from '../../src/adapters/memory/memory-journal.ts';
import { MemoryLog } from '../../src/adapters/memory/memory-log.ts';
import { MemoryStateCache } from '../../src/adapters/memory/memory-state-cache.ts';
import { compileRules } from '../../src/domain/compile-rules.ts';
import { actorKeyText } from '../../src/domain/ids.ts';
import type { TenantRules } from '../../src/domain/rules.ts';
import type { MmmDecision, MmmDelivery, MmmSignalInput } from '../../src/generated/records.ts';
import type { TopicName } from '../../src/generated/topics.ts';
import { DecideSessions, type DecideSessionsDeps } from '../../src/pipeline/decide-sessions.ts';
import type { RecordCodec } from '../../src/pipeline/ports/codec.ts';
import type { Logger } from '../../src/pipeline/ports/logger.ts';
import type { Metrics } from '../../src/pipeline/ports/metrics.ts';

export const TENANT = 't1';

export const quietLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => quietLogger,
};
export const noMetrics: Metrics = {
  records: () => {},
  count: () => {},
  gauge: () => {},
  observe: () => {},
};

/** JSON instead of Avro, so that a failing test can be read. The codecs have suites of their own. */
export const jsonCodec: RecordCodec = {
  encode: (_topic, record) => Buffer.from(JSON.stringify(record)),
  schemaHeader: (topic: TopicName) => `${topic}-value:1`,
  decodeSignal: (bytes) => JSON.parse(Buffer.from(bytes).toString()) as MmmSignalInput,
};

export const NOTICE_PUSH = {
  id: 'notice-push',
  name: 'Notice a push',
  description: 'A Mirror for every push',
  owner: 'test',
  triggers: [{ event_type: 'commit_pushed' }],
  actions: [
    {
      type: 'mirror',
      surfaces: ['ide'],
      template: { title: 'A push', body: 'You pushed {{signal.payload.files_changed}} files.' },
    },
  ],
};

export const rulesWith = (playbooks: readonly unknown[], policy: object = {}): TenantRules => {
  const compiled = compileRules({
    policy: { id: TENANT, unknown_actors: 'allow', quiet_hours: { start: '00:00', end: '00:00' }, ...policy },
    policyVersion: 1,
    playbooks: playbooks.map((document) => ({ document, version: 1 })),
    conditions: createCelCompiler(),
    ids: uuidIds,
  });
  if (!compiled.ok || compiled.skipped.length > 0) throw new Error(JSON.stringify(compiled));
  return compiled.rules;
};

export const NOON_MS = Date.parse('2026-03-04T12:00:00Z');

export const push = (actor: string, id: string, overrides: Partial<MmmSignalInput> = {}): MmmSignalInput => ({
  signal_id: uuidIds.uuid5('signal', id),
  source_signal_id: id,
  tenant_id: TENANT,
  actor_id: actor,
  actor_type: 'human',
  source: 'pm3',
  event_type: 'commit_pushed',
  severity: 'info',
  occurred_at: new Date(NOON_MS).toISOString(),
  received_at: new Date(NOON_MS).toISOString(),
  repo_id: 'org/repo',
  branch: null,
  commit: null,
  file_path: null,
  environment: null,
  plane: null,
  evaluation_point: null,
  subject: null,
  surface_hint: null,
  payload: { files_changed: 3 },
  trace_parent: null,
  origin: { topic: 'pm3.signals.normalized', partition: 0, offset: '0' },
  ...overrides,
});

/** The decide stage on the in-memory ports. Parts can be replaced, which is how a test puts a fault in. */
export class DecideHarness {
  readonly log: MemoryLog;
  readonly journal = new MemoryJournal();
  readonly cache = new MemoryStateCache();
  readonly deps: DecideSessionsDeps;
  now = NOON_MS;

  constructor(rules: TenantRules | null, partitions = 2, replace: Partial<DecideSessionsDeps> = {}) {
    this.log = new MemoryLog(partitions, () => this.now);
    this.deps = {
      group: this.log,
      outputs: this.log,
      journal: this.journal,
      cache: this.cache,
      codec: jsonCodec,
      ids: uuidIds,
      signer: { kid: 'test', sign: (texts) => Promise.resolve(texts.map(() => 'c2lnbmVk')) },
      rules: { current: () => rules, load: () => Promise.resolve(rules) },
      clock: { now: () => this.now, monotonicMs: () => performance.now() },
      randomId: randomUUID,
      newActorRef,
      context: new MemoryContextSource(this.journal),
      logger: quietLogger,
      metrics: noMetrics,
      engineVersion: 'test',
      ...replace,
    };
  }

  sessions(replace: Partial<DecideSessionsDeps> = {}): DecideSessions {
    return new DecideSessions({ ...this.deps, ...replace });
  }

  async append(signals: readonly MmmSignalInput[]): Promise<void> {
    await this.log.append(
      signals.map((signal) => ({
        topic: 'mmm.signals',
        key: actorKeyText({ tenantId: signal.tenant_id, actorId: signal.actor_id ?? '' }),
        value: jsonCodec.encode('mmm.signals', signal),
        headers: {},
      })),
    );
  }

  /** Resolves once every partition's committed input position stands at its end. */
  async drained(): Promise<void> {
    const ends = Array.from({ length: this.log.partitions }, (_, partition) => this.log.end('mmm.signals', partition));
    const done = (): boolean =>
      ends.every((end, partition) => end === 0n || (this.log.committed(partition).input ?? 0n) >= end);
    while (!done()) await this.log.nextPublication();
  }

  decisions(): MmmDecision[] {
    return this.#read<MmmDecision>('mmm.decisions');
  }

  deliveries(): MmmDelivery[] {
    return this.#read<MmmDelivery>('mmm.delivery.ide');
  }

  #read<T>(topic: TopicName): T[] {
    return this.log.read(topic).map((record) => JSON.parse(Buffer.from(record.value!).toString()) as T);
  }
}
