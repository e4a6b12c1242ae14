import { partitionOf } from '../../src/domain/partitioner.ts';
import { check } from './checker.ts';
import { Cluster, type Finding, type How } from './cluster.ts';
import { NO_FAULTS } from './faults.ts';
import type { RawTopic } from './sim-intake-source.ts';
import type { Server } from './wire.ts';
import { Api, Workers } from './operation.ts';
import { Operator } from './operator.ts';
import { Readers } from './readers.ts';
import { actorText, documentOf, type Planned } from './workload.ts';

export interface Outcome {
  readonly seed: number;
  readonly findings: readonly Finding[];
  readonly steps: number;
  readonly virtualMs: number;
  /** Equal for two runs that took the same steps. */
  readonly digest: number;
  readonly signals: number;
  readonly kills: number;
  /** Shards that stopped because they had to. */
  readonly stopped: readonly string[];
  readonly reports: number;
  /** Shards for which PostgreSQL was restored to its latest state. */
  readonly restored: number;
}

/** Faults go on for so long after the last signal came. */
const FAULTS_AFTER_FEED_MS = 12_000;
const TICK_MS = 500;
/** I9: everything that came is out so long after the last fault; a process that stalled last does so for 25 s. */
const DRAINED_WITHIN_MS = 120_000;
/** Longer than the jitter of deferrals, shorter than what makes a signal late. */
const SLEEP_MS = 20 * 60_000;
/** A shard that stopped looks again every 15 s. */
const LOOKS_AGAIN_MS = 20_000;

/** One history: feed and break, then let everything heal, then look at what is there. */
export const simulate = async (seed: number, how: How = {}): Promise<Outcome> => {
  const cluster = new Cluster(seed, how);
  const { world, wire, workload } = cluster;
  const api = new Api(cluster);
  const workers = new Workers(cluster);
  const readers = new Readers(cluster);
  for (const planned of workload.signals) feed(cluster, api, planned);

  const healAtMs = workload.feedMs + FAULTS_AFTER_FEED_MS;
  wire.faults = cluster.faults;
  scheduleFaults(cluster, workers, healAtMs);
  readers.look(healAtMs);
  await world.run(() => world.nowMs >= healAtMs, healAtMs);
  wire.faults = NO_FAULTS;
  for (const server of [cluster.kafka, cluster.postgresServer, cluster.redisServer]) server.awayUntilMs = 0;
  world.note(null, 'no more faults');

  const operator = new Operator(cluster);
  const stopped = await drain(cluster, workers, api, operator);
  check(cluster, api.asked, stopped);
  return {
    seed,
    findings: cluster.findings,
    steps: world.steps,
    virtualMs: world.nowMs,
    digest: world.digest,
    signals: workload.signals.length,
    kills: world.kills,
    reports: readers.reports.length,
    restored: operator.restored.length,
    stopped: [...stopped].map(([shard, code]) => `${shard} ${code}`),
  };
};

const feed = (cluster: Cluster, api: Api, planned: Planned): void => {
  const { world, raw, broker } = cluster;
  for (const atMs of planned.putAtMs) {
    world.after(atMs, null, `${planned.id} (${planned.kind}) of ${planned.actor ?? 'nobody'} is put`, () => {
      const key = actorText(planned);
      if (planned.kind === 'undecodable') {
        broker.append([{ topic: 'mmm.signals', key, value: Buffer.from(`{"${planned.id}`), headers: {} }]);
        return;
      }
      raw.put(planned.lane, key, bytesOf(planned, world.wallMs));
    });
  }
  for (const atMs of planned.askAtMs) world.after(atMs, null, `${planned.id} is asked about`, () => api.ask(planned));
};

const bytesOf = (planned: Planned, nowMs: number): Uint8Array | null => {
  if (planned.kind === 'tombstone') return null;
  if (planned.kind === 'bytes') return Buffer.from(`not JSON ${planned.id}`);
  return Buffer.from(JSON.stringify(documentOf(planned, nowMs)));
};

/** What happens by itself, now and then, until the healing. */
const scheduleFaults = (cluster: Cluster, workers: Workers, healAtMs: number): void => {
  const { world, random, faults, redis, postgres, broker, workload } = cluster;
  const away = (server: Server): void => {
    server.awayUntilMs = world.nowMs + random.between(200, 8_000);
    if (random.chance(0.5)) server.connections += 1;
    world.note(null, `${server.name} is away`);
  };
  const tick = (): void => {
    const now = (perSecond: number): boolean => random.chance((perSecond * TICK_MS) / 1_000);
    for (const group of [cluster.decideGroup, cluster.intakeGroup, cluster.outcomesGroup]) {
      if (group.members().length > 0 && now(faults.expel)) group.expel(random.pick(group.members()));
    }
    if (now(faults.leave)) workers.leave();
    for (const server of [cluster.kafka, cluster.postgresServer, cluster.redisServer]) {
      if (now(faults.serverAway)) away(server);
    }
    if (now(faults.cacheWiped)) redis.wipe();
    if (random.chance(0.2)) redis.save();
    if (now(faults.cacheRestored)) redis.restore();
    if (world.nowMs + TICK_MS < healAtMs) world.after(TICK_MS, null, 'tick', tick);
  };
  world.after(TICK_MS, null, 'tick', tick);

  if (faults.sleep) {
    world.after(random.between(0.5, 1.3) * workload.feedMs, null, 'everything sleeps', () => world.sleep(SLEEP_MS));
  }
  // Mostly while there is work: a store that goes back when all is quiet has little to lose.
  const onceAtMs = random.chance(0.7) ? random.between(0.2, 1) * workload.feedMs : random.between(1_000, healAtMs);
  if (faults.databaseGoesBack) {
    // A failover takes its time: what was asked meanwhile may wait for the new primary.
    const failoverMs = random.between(0, 3_000);
    world.after(onceAtMs - random.between(0, 1_500), null, 'PostgreSQL hangs', () => {
      cluster.postgresServer.hangsUntilMs = onceAtMs + failoverMs;
    });
    world.after(onceAtMs, null, 'PostgreSQL fails over', () => {
      cluster.postgresServer.awayUntilMs = world.nowMs + failoverMs;
      cluster.postgresServer.connections += 1;
    });
    world.after(onceAtMs + failoverMs, null, 'PostgreSQL is back, with less', () =>
      postgres.goBack(1 + random.below(3)),
    );
  } else if (faults.cursorDeleted) {
    const shard = random.below(workload.partitions);
    world.after(onceAtMs, null, `the cursor of ${shard} is deleted`, () => {
      broker.forceCursor(shard, null);
      // A session that runs on would commit it again.
      if (random.chance(0.7)) workers.kill();
    });
  }
};

/** Until everything is out. Shards that must stop are mended as their error code says; what can not be mended stays stopped. */
const drain = async (
  cluster: Cluster,
  workers: Workers,
  api: Api,
  operator: Operator,
): Promise<ReadonlyMap<number, string>> => {
  const { world, broker } = cluster;
  const stopped = new Map<number, string>();
  const shards = Array.from({ length: broker.partitions }, (_, shard) => shard);
  const blocked = (shard: number): boolean =>
    workers.health().some(({ partition, state }) => partition === shard && state === 'blocked');
  const settled = (shard: number): boolean => {
    const code = mustStop(cluster, shard);
    if (code === null) return isDrained(cluster, shard);
    // A session that runs knows its cursor; only one that starts has to find it.
    return blocked(shard) || (code === 'OUTBOX_CURSOR_LOST' && inputDrained(cluster, shard));
  };
  const answered = (): boolean =>
    api.waiting().every((planned) => mustStop(cluster, shardOf(cluster, planned)) === 'DATABASE_WENT_BACK');
  const quiet = (): boolean => rawSettled(cluster) && answered() && shards.every(settled);

  if (!(await world.run(quiet, DRAINED_WITHIN_MS))) explain(cluster, workers, api);
  for (const shard of shards) {
    const code = mustStop(cluster, shard);
    if (code === null) continue;
    await world.run(() => false, LOOKS_AGAIN_MS);
    if (code === 'OUTBOX_CURSOR_LOST' && !blocked(shard)) {
      workers.kill();
      await world.run(() => mustStop(cluster, shard) === null || blocked(shard), DRAINED_WITHIN_MS);
      if (mustStop(cluster, shard) === null) continue;
    }
    stopped.set(shard, code);
    // It looks again now and then, and is for a moment not blocked.
    await world.run(() => blocked(shard), LOOKS_AGAIN_MS);
    const said = workers.health().find(({ partition, state }) => partition === shard && state === 'blocked');
    if (said?.code !== code)
      cluster.find('I9', `shard ${shard} must stop with ${code} and says ${said?.code ?? 'nothing'}`);
    if ((await operator.mend(shard, code)) && code === 'DATABASE_WENT_BACK') {
      // One restore mends all of them: what is asked of the next shard is where it stands now.
      for (const [other, why] of stopped) if (why === 'DATABASE_WENT_BACK') stopped.delete(other);
    }
  }
  if (!(await world.run(quiet, DRAINED_WITHIN_MS))) explain(cluster, workers, api);
  return stopped;
};

/** Design 3.2 "When a store goes back", from what the stores hold; null: the shard has no reason to stop. */
const mustStop = ({ broker, postgres }: Cluster, shard: number): 'OUTBOX_CURSOR_LOST' | 'DATABASE_WENT_BACK' | null => {
  // Its answer may be told to PostgreSQL before the markers are written: the cursor is on its way, not lost.
  if (broker.transactions.some(({ partition, state }) => partition === shard && state === 'committing')) return null;
  const { cursor } = broker.positions(shard);
  const upto = postgres.publishedUpto(shard);
  if (cursor === null) return upto === -1n ? null : 'OUTBOX_CURSOR_LOST';
  if (cursor < upto) return 'OUTBOX_CURSOR_LOST';
  return cursor > BigInt(postgres.rows(shard).length) ? 'DATABASE_WENT_BACK' : null;
};

const inputDrained = ({ broker }: Cluster, shard: number): boolean =>
  (broker.positions(shard).input ?? 0n) === BigInt(broker.lane('mmm.signals', shard).length);

const isDrained = (cluster: Cluster, shard: number): boolean =>
  inputDrained(cluster, shard) &&
  (cluster.broker.positions(shard).cursor ?? 0n) === BigInt(cluster.postgres.rows(shard).length);

const shardOf = ({ workload }: Cluster, planned: Planned): number =>
  partitionOf(actorText(planned), workload.partitions);

/** A report of an actor whose shard stands still waits with it, and what lies behind it in its lane. */
const rawSettled = (cluster: Cluster): boolean => {
  const { raw, reports, broker } = cluster;
  const settled = ({ lanes, settled: upto }: RawTopic): boolean => lanes.every((lane, at) => upto[at] === lane.length);
  const shards = Array.from({ length: broker.partitions }, (_, shard) => shard);
  return (
    settled(raw) && (settled(reports) || shards.some((shard) => mustStop(cluster, shard) === 'DATABASE_WENT_BACK'))
  );
};

const explain = (cluster: Cluster, workers: Workers, api: Api): void => {
  const { broker, postgres, raw, reports } = cluster;
  const health = workers.health().map(({ partition, state, code }) => `${partition} ${state} ${code ?? ''}`.trim());
  const shards = Array.from({ length: broker.partitions }, (_, shard) => {
    const { input, cursor } = broker.positions(shard);
    const end = broker.lane('mmm.signals', shard).length;
    return `${shard}: input ${String(input)} of ${end}, cursor ${String(cursor)} of ${postgres.rows(shard).length}`;
  });
  cluster.find(
    'I9',
    `not drained (${shards.join('; ')}; raw ${raw.settled.join(',')} of ${raw.lanes.map((lane) => lane.length).join(',')}; ` +
      `reports ${reports.settled.join(',')} of ${reports.lanes.map((lane) => lane.length).join(',')}; ` +
      `clients wait for ${api
        .waiting()
        .map(({ id }) => id)
        .join(',')}; sessions ${health.join(', ')})`,
  );
};
