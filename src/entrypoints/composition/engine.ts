import { createCelCompiler } from '../../adapters/cel/cel-compiler.ts';
import { randomId, uuidIds } from '../../adapters/ids/uuid-ids.ts';
import { newActorRef } from '../../adapters/keys/actor-ref.ts';
import type { SigningKey } from '../../adapters/keys/ed25519-signer.ts';
import { MemoryStateCache } from '../../adapters/memory/memory-state-cache.ts';
import { postgresBreakerStore } from '../../adapters/postgres/breaker-store.ts';
import { ensurePartitionCount } from '../../adapters/postgres/partition-setting.ts';
import { PostgresDeferralQueue } from '../../adapters/postgres/postgres-deferral-queue.ts';
import { PostgresEndings } from '../../adapters/postgres/postgres-endings.ts';
import { PostgresContextSource } from '../../adapters/postgres/postgres-context-source.ts';
import { PostgresJournal } from '../../adapters/postgres/postgres-journal.ts';
import { PostgresRulesSource } from '../../adapters/postgres/postgres-rules-source.ts';
import { RedisStateCache } from '../../adapters/redis/redis-state-cache.ts';
import { WriteBehindCache } from '../../adapters/redis/write-behind-cache.ts';
import { LocalInputDecoder, RegistryInputDecoder } from '../../adapters/registry/input-decoder.ts';
import { LocalCodec, RegistryCodec } from '../../adapters/registry/record-codec.ts';
import { RegistryClient } from '../../adapters/registry/registry-client.ts';
import { createSecretlintScanner } from '../../adapters/secrets/secretlint-scanner.ts';
import { createRecordOutcome, type RecordOutcome } from '../../admin/commands/record-outcome.ts';
import { compileRules } from '../../domain/compile-rules.ts';
import { BREAKER_WINDOW_MS } from '../../domain/dead-letter-breaker.ts';
import { MmmError } from '../../errors.ts';
import { DeadLetterBreaker } from '../../pipeline/breaker.ts';
import { pause } from '../../pipeline/failure-policy.ts';
import { createNormaliser } from '../../pipeline/normalise/normalise-document.ts';
import { serialPerKey } from '../../pipeline/serial-per-key.ts';
import { createPipeline, type Pipeline } from '../../pipeline/pipeline.ts';
import { decideNow, type DecideNowAnswer } from '../../pipeline/decide/decide-now.ts';
import type { InputDecoder, RecordCodec } from '../../pipeline/ports/codec.ts';
import type { Normaliser } from '../../pipeline/ports/normaliser.ts';
import type { StateCache } from '../../pipeline/ports/state-cache.ts';
import type { MmmSignalInput } from '../../generated/records.ts';
import { type EngineLog, openEngineLog } from './engine-log.ts';
import { ENGINE_VERSION, type ProcessParts } from './process-parts.ts';
import { signingKeyOf } from './signing-key.ts';
import { openStore, type Store } from './store.ts';

export type Role = 'intake' | 'decide' | 'defer' | 'api';
export const ROLES: readonly Role[] = ['intake', 'decide', 'defer', 'api'];

/** Everything one process of the engine is made of, connected and ready to start. */
export interface Engine {
  readonly store: Store;
  readonly log: EngineLog;
  readonly codec: RecordCodec;
  readonly normaliser: Normaliser;
  readonly signer: SigningKey;
  readonly pipeline: Pipeline;
  readonly checks: readonly { readonly name: string; check(): Promise<void> }[];
  decideNow(signal: MmmSignalInput, budgetMs: number): Promise<DecideNowAnswer>;
  readonly recordOutcome: RecordOutcome;
  close(): Promise<void>;
}

/**
 * Opens store, log, cache and schemas in this order and joins them. `onFailed` is told when something ended that cannot be mended inside this
 * process. A fault on the way closes what was opened.
 */
export const openEngine = async (
  parts: ProcessParts,
  roles: ReadonlySet<Role>,
  onFailed: (error: Error) => void,
  openLog: typeof openEngineLog = openEngineLog,
): Promise<Engine> => {
  const { config, clock, logger, metrics } = parts;
  const opened: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const one of opened.splice(0).reverse()) await one();
  };
  try {
    const signer = signingKeyOf(config).onThread();
    opened.push(() => signer.close());
    const store = await openStore(config, logger, 'engine');
    opened.push(() => store.close());
    void store.ended.then((reason) => onFailed(new MmmError('DATABASE_UNAVAILABLE', reason)));

    const log = await openLog({ config, store, clock, logger, metrics, onFailed });
    opened.push(() => log.close());
    const stored = await ensurePartitionCount(store.pipeline, log.partitions);
    if (stored !== log.partitions)
      throw new MmmError('PARTITIONS_CHANGED', undefined, { details: { stored, found: log.partitions } });

    const { codec, decoder } = await schemasOf(parts);
    const cache = await cacheOf(parts);
    opened.push(() => cache.close());
    const rules = rulesOf(parts, store);
    rules.start();
    opened.push(() => Promise.resolve(rules.stop()));

    const normaliser = createNormaliser({ ids: uuidIds, scanner: createSecretlintScanner() });
    const journal = new PostgresJournal(store.pipeline, clock);
    const decide = {
      journal,
      cache,
      codec,
      rules,
      ids: uuidIds,
      signer,
      randomId,
      newActorRef,
      context: new PostgresContextSource(store.pipeline, clock),
      clock,
    };
    const shared = { clock, logger, metrics, engineVersion: ENGINE_VERSION };
    const { restMs, records } = config.breaker;
    const limits = { records, sharePercent: config.breaker.sharePercent, windowMs: BREAKER_WINDOW_MS };
    const breakers = postgresBreakerStore(store.pipeline);
    const breaker = new DeadLetterBreaker({ ...shared, limits, restMs, store: breakers, pause });
    // One line per actor for outcomes and synchronous decisions: each that loses the race for a version is a fold and a plan more.
    const inTurn = serialPerKey();
    const record = createRecordOutcome({ ...decide, metrics, partitions: log.partitions }, inTurn);
    const pipeline = createPipeline({
      intake: roles.has('intake')
        ? { ...shared, source: log.intake(), writer: log.writer, decoder, codec, normaliser, breaker }
        : null,
      outcomes: roles.has('intake')
        ? { ...shared, source: log.outcomes(), writer: log.writer, decoder, normaliser, record, breaker }
        : null,
      decide: roles.has('decide') ? { ...shared, ...decide, group: log.group(), outputs: log.outputs } : null,
      defer: roles.has('defer')
        ? {
            ...shared,
            codec,
            ids: uuidIds,
            writer: log.writer,
            deferrals: new PostgresDeferralQueue(store.pipeline),
            endings: new PostgresEndings(store.pipeline),
          }
        : null,
    });
    return {
      store,
      log,
      codec,
      normaliser,
      signer,
      pipeline,
      checks: checksOf(store, log, pipeline),
      decideNow: (signal, budgetMs) =>
        decideNow({ ...decide, metrics, inTurn, partitions: log.partitions }, signal, budgetMs),
      recordOutcome: record,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};

const schemasOf = async ({ config, clock }: ProcessParts): Promise<{ codec: RecordCodec; decoder: InputDecoder }> => {
  if (config.distributed === null) return { codec: new LocalCodec(), decoder: new LocalInputDecoder() };
  const client = new RegistryClient(config.distributed.registryUrl);
  const monotonicMs = (): number => clock.monotonicMs();
  return {
    codec: await RegistryCodec.create(client, config.namespace, monotonicMs),
    decoder: new RegistryInputDecoder(client, monotonicMs),
  };
};

const cacheOf = async ({ config, logger, metrics }: ProcessParts): Promise<StateCache> => {
  if (config.distributed === null) return new MemoryStateCache();
  const cache = new RedisStateCache(config.distributed.redisUrl, config.namespace, logger, metrics);
  await cache.connect();
  return new WriteBehindCache(cache);
};

const rulesOf = ({ clock, logger }: ProcessParts, store: Store): PostgresRulesSource => {
  const conditions = createCelCompiler();
  return new PostgresRulesSource({
    database: store.pipeline,
    clock,
    logger,
    compile: (tenantId, stored) => {
      const compiled = compileRules({ ...stored, conditions, ids: uuidIds });
      if (!compiled.ok) {
        logger.error('tenant_policy_unusable', { tenant_id: tenantId, findings: compiled.findings });
        return null;
      }
      for (const { findings } of compiled.skipped) logger.error('playbook_unusable', { tenant_id: tenantId, findings });
      for (const { why } of compiled.ignoredExperiments) logger.warn('experiment_over', { tenant_id: tenantId, why });
      return compiled.rules;
    },
  });
};

/** What has to answer before this process may be sent work. Redis is not among them: without it decisions are slower, not wrong. */
const checksOf = (store: Store, log: EngineLog, pipeline: Pipeline): Engine['checks'] => [
  { name: 'database', check: async () => void (await store.pipeline.query('SELECT 1')) },
  { name: 'log', check: () => log.check() },
  {
    name: 'intake',
    check: async () => {
      const { intake, outcomes } = pipeline.health();
      for (const one of [intake, outcomes])
        if (one?.joined === false) throw new MmmError('LOG_UNAVAILABLE', one.detail);
    },
  },
  {
    name: 'dead_letter_breaker',
    check: () => {
      const { held } = pipeline.health();
      if (held.length === 0) return Promise.resolve();
      const which = held.map(({ channel, lane }) => `${channel}:${lane}`);
      return Promise.reject(new MmmError('DLQ_BREAKER_OPEN', which.join(', ')));
    },
  },
  {
    name: 'partitions',
    check: async () => {
      const { decide, partitions } = pipeline.health();
      // Which it owns, and whether any, is not known before.
      if (decide?.joined === false) throw new MmmError('LOG_UNAVAILABLE', decide.detail);
      const waiting = partitions?.filter((one) => one.state !== 'running') ?? [];
      if (waiting.length === 0) return;
      const which = waiting.map((one) => `${one.partition}: ${one.code ?? one.state}`);
      throw new MmmError('DEPENDENCY_UNAVAILABLE', which.join(', '));
    },
  },
];
