import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { createKafkaClients } from '../../src/adapters/kafka/connection.ts';
import { DECIDE_GROUP, INTAKE_GROUP, KafkaNames } from '../../src/adapters/kafka/names.ts';
import { KafkaTopicAdmin } from '../../src/adapters/kafka/topic-admin.ts';
import { startStack } from '../../src/adapters/local-stack/start-stack.ts';
import { removeStack } from '../../src/adapters/local-stack/stop-stack.ts';
import { SILENT_LOGGER } from '../../src/entrypoints/cli/silent-logger.ts';
import type { TopicName } from '../../src/generated/topics.ts';
import { install } from '../e2e/support/installation.ts';
import type { Installation } from '../e2e/support/installation.ts';
import type { Sent } from './load.ts';
import { actorsFor, steadyLoad } from './load.ts';
import type { Reading, Sources } from './readings.ts';
import { readAll } from './readings.ts';
import type { SoakReport } from './report.ts';
import type { Point } from './trend.ts';
import { judge } from './verdict.ts';
import type { Measure, Verdict } from './verdict.ts';

const SAMPLE_EVERY_MS = 2_000;
/** Compiled code, caches, pools and the states of the actors come to their size in it. */
const WARM_UP_SHARE = 0.3;
/**
 * The allocator comes to its size long after the heap: in ten minutes the resident memory of one of two workers with flat heaps rose by a tenth while the
 * other's fell. In shorter runs it is told; the heap is judged in all.
 */
const SETTLED_AFTER_MINUTES = 30;
const SETTLE_MS = 120_000;
const SETTLE_LOOK_MS = 500;

const SIGNAL_TOPICS: readonly TopicName[] = [
  'pm3.signals.normalized',
  'ubi.behavioural_signals',
  'detection.alerts',
  'release.events',
  'incident.events',
  'mmm.triggers',
];

export interface SoakOptions {
  readonly minutes: number;
  readonly rate: number;
  /** One line of progress for a person. */
  readonly tell: (line: string) => void;
}

/** What was read of each measure. */
class Series {
  readonly #points = new Map<string, { readonly measure: Measure; readonly points: Point[] }>();
  #readings = 0;

  add(atMs: number, readings: readonly Reading[]): void {
    this.#readings += 1;
    for (const { measure, value } of readings) {
      const known = this.#points.get(measure.name) ?? { measure, points: [] };
      known.points.push({ atMs, value });
      this.#points.set(measure.name, known);
    }
  }

  get readings(): number {
    return this.#readings;
  }

  verdicts(minutes: number): Verdict[] {
    return [...this.#points.values()].map(({ measure, points }) => {
      const isEarly = measure.slowToSettle === true && minutes < SETTLED_AFTER_MINUTES;
      return judge(isEarly ? { ...measure, bound: { kind: 'told' } } : measure, points, WARM_UP_SHARE);
    });
  }
}

async function schemaOf(installation: Installation): Promise<{ id: number; text: string }> {
  const subject = encodeURIComponent(`${installation.topic('pm3.signals.normalized')}-value`);
  const answer = await fetch(`${installation.addresses.SCHEMA_REGISTRY_URL}/subjects/${subject}/versions/latest`);
  const { id, schema } = (await answer.json()) as { id: number; schema: string };
  return { id, text: schema };
}

async function journalRows({ database }: Installation): Promise<{ rows: number; waiting: number }> {
  const { rows } = await database.query<{ journal: string; waiting: string }>(
    `SELECT (SELECT count(*) FROM mmm_journal) AS journal,
            (SELECT coalesce(sum(next_number - 1 - greatest(published_upto, 0)), 0) FROM mmm_shards) AS waiting`,
  );
  return { rows: Number(rows[0]?.journal), waiting: Number(rows[0]?.waiting) };
}

/** Readings of two workers under a steady load on an installation of their own. */
async function watch(installation: Installation, options: SoakOptions): Promise<SoakReport> {
  const { minutes, rate, tell } = options;
  const clients = createKafkaClients({ brokers: installation.brokers, clientId: 'soak' }, SILENT_LOGGER);
  const topics = new KafkaTopicAdmin(clients.patient, new KafkaNames(installation.namespace));
  await topics.connect();
  const redis = new Redis(installation.addresses.REDIS_URL);
  const stopLoad = new AbortController();
  const sent: Sent = { good: 0, bad: 0, failed: 0 };
  try {
    const workers = [await installation.start().ready(), await installation.start().ready()];
    tell('two workers are ready');
    const behind = async (): Promise<number> => {
      const parts = [
        await topics.lag(INTAKE_GROUP, SIGNAL_TOPICS),
        await topics.lag(DECIDE_GROUP, ['mmm.signals']),
      ].flat();
      return Number(parts.reduce((sum, { records }) => sum + records, 0n));
    };
    const sources: Sources = {
      workers,
      database: installation.database,
      databaseName: new URL(installation.env['DATABASE_URL'] ?? '').pathname.slice(1),
      redis,
      redisPrefix: installation.namespace,
      lag: behind,
      rate,
    };
    const load = steadyLoad(
      {
        kafka: clients.patient,
        topic: (name) => installation.topic(name),
        rate,
        actors: actorsFor(rate * minutes * 60 * WARM_UP_SHARE),
        schema: await schemaOf(installation),
        signal: stopLoad.signal,
      },
      sent,
    );
    const series = new Series();
    const endAt = performance.now() + minutes * 60_000;
    while (performance.now() < endAt) {
      const failed = await Promise.race([load.then(() => true), delay(SAMPLE_EVERY_MS).then(() => false)]);
      if (failed) throw new Error('the load ended before its time');
      const gone = workers.findIndex((worker) => !worker.running);
      if (gone >= 0) throw new Error(`worker ${gone + 1} ended: ${workers[gone]?.rawLog.slice(-2_000) ?? ''}`);
      series.add(performance.now(), await readAll(sources));
      if (series.readings % 30 === 0) tell(`${series.readings} readings, ${sent.good + sent.bad} records sent`);
    }
    stopLoad.abort();
    await load;
    const giveUpAt = performance.now() + SETTLE_MS;
    let now = await journalRows(installation);
    const settled = (): boolean => now.rows >= sent.good && now.waiting === 0;
    while (!settled() && performance.now() < giveUpAt) {
      await delay(SETTLE_LOOK_MS);
      now = await journalRows(installation);
    }
    return {
      minutes,
      rate,
      readings: series.readings,
      sent,
      journal: now.rows,
      settled: settled(),
      verdicts: series.verdicts(minutes),
    };
  } finally {
    stopLoad.abort();
    redis.disconnect();
    await topics.close();
  }
}

type Addresses = Installation['addresses'];

async function onOwnStores(options: SoakOptions): Promise<SoakReport> {
  const folder = await mkdtemp(join(tmpdir(), 'mmm-soak-'));
  const dataDir = join(folder, 'stack');
  try {
    const { env } = await startStack({ provider: 'process', dataDir, log: options.tell });
    const { KAFKA_BOOTSTRAP_SERVERS = '', SCHEMA_REGISTRY_URL = '', REDIS_URL = '', DATABASE_URL = '' } = env;
    return await onStores({ KAFKA_BOOTSTRAP_SERVERS, SCHEMA_REGISTRY_URL, REDIS_URL, DATABASE_URL }, options);
  } finally {
    await removeStack(dataDir);
    await rm(folder, { recursive: true, force: true });
  }
}

async function onStores(addresses: Addresses, options: SoakOptions): Promise<SoakReport> {
  const installation = await install(addresses);
  try {
    return await watch(installation, options);
  } finally {
    await installation.remove();
  }
}

/**
 * Loads two workers, reads and judges; what was started is gone afterwards. Stores are its own unless `addresses` names some, in which it then has a
 * namespace and a database of its own.
 */
export async function soak(options: SoakOptions, addresses: Addresses | null): Promise<SoakReport> {
  return addresses === null ? await onOwnStores(options) : await onStores(addresses, options);
}
