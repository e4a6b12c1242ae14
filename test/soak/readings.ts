import { readdir } from 'node:fs/promises';
import type { Redis } from 'ioredis';
import type pg from 'pg';
import type { EngineProcess } from '../e2e/support/engine-process.ts';
import type { Measure } from './verdict.ts';

const MB = 1_048_576;

/** A heap may breathe; a tenth an hour is what a day would not survive. */
const FLAT = { kind: 'percent', perHour: 10 } as const;

/** Of each worker, by names of its own metrics endpoint; descriptors are the operating system's count. */
const OF_WORKER: readonly (Measure & { readonly metric: string | null; readonly scale: number })[] = [
  { name: 'resident memory', unit: 'MB', picked: 'lowest', bound: FLAT, slowToSettle: true, metric: 'process_resident_memory_bytes', scale: 1 / MB },
  { name: 'heap used', unit: 'MB', picked: 'lowest', bound: FLAT, metric: 'nodejs_heap_size_used_bytes', scale: 1 / MB },
  { name: 'external memory', unit: 'MB', picked: 'lowest', bound: { kind: 'amount', perHour: 5 }, metric: 'nodejs_external_memory_bytes', scale: 1 / MB },
  { name: 'event loop p90', unit: 'ms', picked: 'median', bound: { kind: 'amount', perHour: 10 }, metric: 'nodejs_eventloop_lag_p90_seconds', scale: 1_000 },
  { name: 'open descriptors', unit: 'count', picked: 'median', bound: { kind: 'amount', perHour: 2 }, metric: null, scale: 1 },
]; // prettier-ignore

const TABLES = ['mmm_journal', 'mmm_decisions', 'mmm_outbox', 'mmm_actions', 'mmm_actors', 'mmm_deferrals'] as const;
/** A row per actor, or per thing that waits. Rows of the outbox stay for a day after they are published, history for as long as retention says. */
const BOUNDED_TABLES: ReadonlySet<string> = new Set(['mmm_actors', 'mmm_deferrals']);

export interface Reading {
  readonly measure: Measure;
  readonly value: number;
}

export interface Sources {
  readonly workers: readonly EngineProcess[];
  readonly database: pg.Pool;
  readonly databaseName: string;
  readonly redis: Redis;
  readonly redisPrefix: string;
  /** Records not read yet, of all groups. */
  readonly lag: () => Promise<number>;
  /** Signals a second that are sent. */
  readonly rate: number;
}

/** `name value` and `name{labels} value` lines; samples of one name are summed. */
export function metricsOf(text: string): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const line of text.split('\n')) {
    const match = /^([a-z0-9_:]+)(?:\{.*\})? ([0-9.eE+-]+|NaN)$/.exec(line);
    if (match?.[1] === undefined) continue;
    sums.set(match[1], (sums.get(match[1]) ?? 0) + Number(match[2]));
  }
  return sums;
}

async function ofWorker(worker: EngineProcess, index: number): Promise<Reading[]> {
  const metrics = metricsOf(await (await fetch(await worker.metricsUrl())).text());
  const descriptors = await readdir(`/proc/${worker.child.pid ?? 0}/fd`);
  return OF_WORKER.flatMap(({ metric, scale, ...measure }) => {
    const value = metric === null ? descriptors.length : metrics.get(metric);
    if (value === undefined || Number.isNaN(value)) return [];
    return [{ measure: { ...measure, name: `worker ${index + 1} ${measure.name}` }, value: value * scale }];
  });
}

const count = (name: string, value: number, perHour: number | null): Reading => ({
  measure: {
    name,
    unit: 'count',
    picked: 'median',
    bound: perHour === null ? { kind: 'told' } : { kind: 'amount', perHour },
  },
  value,
});

async function ofDatabase({ database, databaseName, rate }: Sources): Promise<Reading[]> {
  const { rows } = await database.query<{ name: string; bytes: string }>(
    `SELECT relname AS name, pg_total_relation_size(oid) AS bytes FROM pg_class WHERE relname = ANY($1)`,
    [[...TABLES]],
  );
  const { rows: [now] } = await database.query<{ connections: string; waiting: string }>(
    `SELECT (SELECT count(*) FROM pg_stat_activity WHERE datname = $1) AS connections,
            (SELECT coalesce(sum(next_number - 1 - greatest(published_upto, 0)), 0) FROM mmm_shards) AS waiting`,
    [databaseName],
  ); // prettier-ignore
  const tables = rows.map(({ name, bytes }): Reading => {
    const bound = BOUNDED_TABLES.has(name) ? ({ kind: 'amount', perHour: 50 } as const) : ({ kind: 'told' } as const);
    return { measure: { name: `table ${name}`, unit: 'MB', picked: 'lowest', bound }, value: Number(bytes) / MB };
  });
  return [
    count('outbox unpublished', Number(now?.waiting), lagBound(rate)),
    count('PostgreSQL connections', Number(now?.connections), 2),
    ...tables,
  ];
}

/** One in a hundred of what is sent in an hour: an engine that keeps up does not fall behind by that. */
const lagBound = (rate: number): number => rate * 36;

async function redisKeys(redis: Redis, prefix: string): Promise<number> {
  let [cursor, keys] = ['0', 0];
  do {
    const [next, found] = await redis.scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', 1_000);
    [cursor, keys] = [next, keys + found.length];
  } while (cursor !== '0');
  return keys;
}

/** Everything once. */
export async function readAll(sources: Sources): Promise<Reading[]> {
  const workers = await Promise.all(sources.workers.map(async (worker, index) => ofWorker(worker, index)));
  return [
    ...workers.flat(),
    count('consumer lag', await sources.lag(), lagBound(sources.rate)),
    ...(await ofDatabase(sources)),
    // States of actors, whose number does not change.
    count('Redis keys', await redisKeys(sources.redis, sources.redisPrefix), 60),
  ];
}
