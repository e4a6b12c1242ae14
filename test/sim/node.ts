import { createHash, createHmac } from 'node:crypto';
import { EMPTY_CONTEXT } from '../../src/domain/context/tenant-context.ts';
import { createCelCompiler } from '../../src/adapters/cel/cel-compiler.ts';
import { uuidIds } from '../../src/adapters/ids/uuid-ids.ts';
import { createRecordOutcome, type RecordOutcome } from '../../src/admin/commands/record-outcome.ts';
import { compileRules } from '../../src/domain/compile-rules.ts';
import type { TenantRules } from '../../src/domain/rules.ts';
import { MmmError } from '../../src/errors.ts';
import type { DecideSessionsDeps } from '../../src/pipeline/decide-sessions.ts';
import { parseJsonBytes } from '../../src/pipeline/normalise/json-text.ts';
import { createNormaliser } from '../../src/pipeline/normalise/normalise-document.ts';
import { createPipeline, type Pipeline } from '../../src/pipeline/pipeline.ts';
import type { Logger } from '../../src/pipeline/ports/logger.ts';
import type { Metrics } from '../../src/pipeline/ports/metrics.ts';
import { serialPerKey } from '../../src/pipeline/serial-per-key.ts';
import { jsonCodec, noMetrics } from '../pipeline/harness.ts';
import type { Cluster, Ports } from './cluster.ts';
import { SimCache } from './sim-cache.ts';
import { SimIntakeSource } from './sim-intake-source.ts';
import { SimJournal } from './sim-journal.ts';
import { SimLog } from './sim-log.ts';
import { MAX_LATENESS_MS, type Quotas, TENANT } from './workload.ts';
import { SimProcess } from './world.ts';

/** As long as an Ed25519 signature, and the same for the same receipt in each run. */
const signatureOf = (text: string): string => createHash('sha512').update(text).digest('base64');

/** Secret rules have suites of their own; these find nothing. */
export const normaliser = createNormaliser({
  ids: uuidIds,
  scanner: { mayHoldSecret: () => false, scan: () => Promise.resolve(null) },
});

const PLAYBOOKS = [
  {
    id: 'notice-push',
    name: 'Notice a push',
    description: 'A Mirror for every push',
    owner: 'test',
    triggers: [{ event_type: 'commit_pushed' }],
    actions: [
      {
        type: 'mirror',
        surfaces: ['ide', 'ci'],
        template: { title: 'A push', body: 'You pushed {{signal.payload.files_changed}} files.' },
      },
    ],
  },
  {
    id: 'many-pushes',
    name: 'Many pushes',
    description: 'Counts what the state remembers, so that a wrong state shows',
    owner: 'test',
    triggers: [{ event_type: 'commit_pushed' }],
    when: 'recent.count("commit_pushed", "1d", "repo") >= 3',
    limits: { cooldown: '3s' },
    actions: [
      {
        type: 'mentor',
        surfaces: ['ide'],
        template: { title: 'Many', body: 'It was {{recent.count("commit_pushed", "1d", "repo")}} pushes today.' },
      },
    ],
  },
];

const compiled = new Map<string, TenantRules>();

const rulesFor = ({ perDay, perHour }: Quotas): TenantRules => {
  const name = `${perDay}/${perHour}`;
  const held = compiled.get(name);
  if (held !== undefined) return held;
  const made = compileRules({
    policy: {
      id: TENANT,
      unknown_actors: 'allow',
      quiet_hours: { start: '00:00', end: '00:00' },
      max_lateness: `${MAX_LATENESS_MS / 60_000}m`,
      quotas: { max_actions_per_day: perDay, max_actions_per_hour: perHour, per_repo_per_day: 1_000 },
    },
    policyVersion: 1,
    playbooks: PLAYBOOKS.map((document) => ({ document, version: 1 })),
    conditions: createCelCompiler(),
    ids: uuidIds,
  });
  if (!made.ok || made.skipped.length > 0) throw new Error(JSON.stringify(made));
  compiled.set(name, made.rules);
  return made.rules;
};

const loggerOf = (tell: (line: string) => void): Logger => {
  const say = (event: string, { partition, code }: Record<string, unknown> = {}): void => {
    const about = [partition, code].filter((part) => typeof part === 'number' || typeof part === 'string');
    tell(`${event} ${about.join(' ')}`);
  };
  const logger: Logger = { debug: () => {}, info: say, warn: say, error: say, child: () => logger };
  return logger;
};

/** One process of the engine: the real stages on ports of its own. */
export class Node {
  readonly process: SimProcess;
  readonly deps: DecideSessionsDeps;
  readonly inTurn = serialPerKey();
  readonly #cluster: Cluster;
  readonly #log: SimLog;
  readonly #journal: SimJournal;
  readonly #record: RecordOutcome;

  constructor(cluster: Cluster, name: string) {
    this.#cluster = cluster;
    const process = new SimProcess(name);
    this.process = process;
    const { wire, world, broker, workload, random } = cluster;
    const fetched = workload.bulk ? 50 + random.below(40) : 6;
    this.#log = new SimLog({ wire, server: cluster.kafka, process, broker, group: cluster.decideGroup, fetched });
    this.#journal = new SimJournal(wire, cluster.postgresServer, process, cluster.postgres);
    const ports: Ports = {
      group: this.#log,
      outputs: this.#log,
      journal: this.#journal,
      cache: new SimCache(wire, cluster.redisServer, process, cluster.redis),
    };
    // Of the cluster, not of the wire: what a clock shows does not mend itself when the faults end.
    const skewMs = Math.trunc(random.between(-1, 1) * cluster.faults.clockSkewMs);
    const rules = rulesFor(workload.quotas);
    const metrics: Metrics = noMetrics;
    this.deps = {
      ...(cluster.variant?.ports(ports, cluster, process) ?? ports),
      codec: jsonCodec,
      ids: uuidIds,
      // On a thread of its own: here too a process can die, or sleep, between reading a state and committing on it.
      signer: {
        kid: 'simulated',
        sign: async (texts) => {
          await wire.pause(process, `signs ${texts.length} receipts`, world.random.between(0.05, 1));
          return texts.map(signatureOf);
        },
      },
      rules: { current: () => rules, load: () => Promise.resolve(rules) },
      clock: { now: () => (world.work(), world.wallMs + skewMs), monotonicMs: () => world.work() },
      randomId: () => random.id(),
      newActorRef: (actorId) => {
        const key = random.bytes(32);
        return { key, ref: createHmac('sha256', key).update(actorId).digest('hex') };
      },
      context: { current: () => EMPTY_CONTEXT, load: () => Promise.resolve(EMPTY_CONTEXT) },
      logger: loggerOf((line) => world.note(process, line)),
      metrics,
      engineVersion: 'simulated',
      pause: (ms, signal) => wire.pause(process, `paused ${Math.round(ms)} ms`, ms, signal),
      giveWay: () => wire.pause(process, 'gives way', world.random.between(0, 5)),
    };
    this.#record = createRecordOutcome({ ...this.deps, partitions: workload.partitions }, this.inTurn);
  }

  pipeline(): Pipeline {
    const { wire, kafka, raw, reports, workload, intakeGroup, outcomesGroup } = this.#cluster;
    const { process, deps } = this;
    return createPipeline({
      decide: deps,
      outcomes: {
        ...deps,
        source: new SimIntakeSource({
          wire,
          server: kafka,
          process,
          group: outcomesGroup,
          topic: reports,
          bulk: workload.bulk,
        }),
        writer: this.#log,
        decoder: { decode: (_channel, bytes) => decodeJson(bytes) },
        normaliser,
        record: this.#record,
        pause: (ms, signal) => wire.pause(process, `outcomes paused ${Math.round(ms)} ms`, ms, signal),
      },
      defer: {
        ...deps,
        deferrals: this.#journal,
        endings: this.#journal,
        writer: this.#log,
        pause: (ms, signal) => wire.pause(process, 'defer waited', ms, signal),
      },
      intake: {
        source: new SimIntakeSource({
          wire,
          server: kafka,
          process,
          group: intakeGroup,
          topic: raw,
          bulk: workload.bulk,
        }),
        writer: this.#log,
        decoder: { decode: (_channel, bytes) => decodeJson(bytes) },
        normaliser,
        codec: jsonCodec,
        clock: deps.clock,
        metrics: deps.metrics,
        logger: deps.logger,
        engineVersion: deps.engineVersion,
        pause: (ms, signal) => wire.pause(process, `intake paused ${Math.round(ms)} ms`, ms, signal),
      },
    });
  }
}

const decodeJson = (bytes: Uint8Array): unknown => {
  try {
    return parseJsonBytes(bytes);
  } catch (error) {
    throw error instanceof MmmError ? error : new MmmError('NOT_JSON', undefined, { cause: error });
  }
};
