import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import type { RunningStack } from '../../src/adapters/local-stack/stack.ts';
import { startStack } from '../../src/adapters/local-stack/start-stack.ts';
import { removeStack } from '../../src/adapters/local-stack/stop-stack.ts';

import { badRecords } from '../e2e/support/bad-records.ts';
import { install, type Installation } from '../e2e/support/installation.ts';
import { TcpProxy } from '../e2e/support/tcp-proxy.ts';
import { KafkaProxy } from '../infra/kafka-proxy.ts';
import type { TestStack } from '../infra/stack.ts';
import { Random } from '../sim/random.ts';
import { Asker } from './asker.ts';
import { Fleet } from './fleet.ts';
import { Generator } from './generator.ts';
import { LiveReader } from './live-reader.ts';
import { OffsetWatch } from './offset-watch.ts';
import { SignalPlan } from './plan-signal.ts';
import { OUTPUT_TOPICS } from './output-topics.ts';
import { pm3Schema } from './registered-schema.ts';

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));
/** Of each kind at least one. */
const POISON_KINDS = 28;
const UNKNOWN_SCHEMA_ID = 0x7fff0001;

/** Streams of the one seed: what one part takes from chance changes nothing for the others. */
const STREAM = { signals: 1, asks: 2, faults: 3 } as const;

export interface SiteOptions {
  readonly seed: number;
  readonly dataDir: string;
  /** The servers stay up for a next run in the same folder; else they and the folder are of the run alone. */
  readonly keepServers?: boolean;
  readonly workers: number;
  readonly signalsPerSecond: number;
  readonly asksPerSecond: number;
  readonly brokerSettings?: Readonly<Record<string, string>>;
  readonly tell: (line: string) => void;
}

/** Everything that a run works on: real servers, ways to them that can be cut, workers, and those who send, ask and read. */
export interface Site {
  readonly options: SiteOptions;
  /** What the faults leave to chance. */
  readonly random: Random;
  readonly stack: RunningStack;
  readonly installation: Installation;
  readonly kafkaWay: KafkaProxy;
  readonly redisWay: TcpProxy;
  readonly registryWay: TcpProxy;
  readonly databaseWay: TcpProxy;
  readonly redis: Redis;
  /** Folder of the orders to workers, see points.ts. */
  readonly orders: string;
  readonly fleet: Fleet;
  readonly plan: SignalPlan;
  readonly generator: Generator;
  readonly asker: Asker;
  readonly live: LiveReader;
  readonly readsLive: boolean;
  readonly offsets: OffsetWatch;
  /** As a superuser, in the engine's database: locks and terminated backends are what its own role may not do. */
  readonly superuserUrl: string;
  readonly tell: (line: string) => void;
  remove(): Promise<void>;
}

export const openSite = async (options: SiteOptions): Promise<Site> => {
  const opened: (() => Promise<unknown>)[] = [];
  const remove = async (): Promise<void> => {
    for (const close of opened.splice(0).reverse()) await close();
  };
  try {
    return await open(options, opened, remove);
  } catch (error) {
    await remove();
    throw error;
  }
};

const open = async (
  options: SiteOptions,
  opened: (() => Promise<unknown>)[],
  remove: () => Promise<void>,
): Promise<Site> => {
  const { dataDir, seed, tell } = options;
  if (options.keepServers !== true) opened.push(async () => await removeStack(dataDir));
  const stack = await startStack({
    provider: 'process',
    dataDir,
    log: tell,
    ...(options.brokerSettings === undefined ? {} : { kafka: { properties: options.brokerSettings } }),
  });
  const env = stack.env as TestStack['env'];
  const kafkaWay = await new KafkaProxy([env.KAFKA_BOOTSTRAP_SERVERS]).open();
  opened.push(() => kafkaWay.cut());
  const ways: TcpProxy[] = [];
  const wayTo = async (url: string): Promise<TcpProxy> => {
    const way = await new TcpProxy(new URL(url)).open();
    ways.push(way);
    opened.push(() => way.cut());
    return way;
  };
  const [redisWay, registryWay] = [await wayTo(env.REDIS_URL), await wayTo(env.SCHEMA_REGISTRY_URL)];
  const redis = new Redis(env.REDIS_URL, { maxRetriesPerRequest: 1 });
  redis.on('error', () => undefined);
  opened.push(() => Promise.resolve(redis.disconnect()));

  const installation = await install(env);
  opened.push(() => installation.remove());
  const databaseUrl = installation.env['DATABASE_URL']!;
  const databaseWay = await wayTo(databaseUrl);
  const orders = await mkdtemp(join(tmpdir(), 'mmm-chaos-'));
  await mkdir(orders, { recursive: true });
  opened.push(async () => await rm(orders, { recursive: true, force: true }));

  const fleet = new Fleet(
    () =>
      installation.start({
        program: WORKER,
        args: [orders],
        env: {
          KAFKA_BOOTSTRAP_SERVERS: kafkaWay.brokers.join(),
          REDIS_URL: redisWay.through(env.REDIS_URL),
          SCHEMA_REGISTRY_URL: registryWay.through(env.SCHEMA_REGISTRY_URL),
          DATABASE_URL: databaseWay.through(databaseUrl),
        },
      }),
    join(dataDir, 'logs'),
  );
  opened.push(() => fleet.end());

  const poison = badRecords(POISON_KINDS, await pm3Schema(installation), UNKNOWN_SCHEMA_ID);
  const run = installation.namespace.replace(/\W/g, '');
  const plan = new SignalPlan(new Random(seed, STREAM.signals), poison, run);
  const topicOf = (name: Parameters<Installation['topic']>[0]): string => installation.topic(name);
  const brokers = installation.brokers;
  const generator = new Generator({ plan, brokers, perSecond: options.signalsPerSecond, topicOf });
  const asker = new Asker(installation, fleet, new Random(seed, STREAM.asks), options.asksPerSecond);
  const live = new LiveReader(brokers, OUTPUT_TOPICS.map(topicOf));
  const offsets = new OffsetWatch(installation);
  opened.push(() => Promise.resolve(live.end()));
  opened.push(() => offsets.end());
  opened.push(() => Promise.all([generator.end(), asker.end()]));

  for (let n = 0; n < options.workers; n++) fleet.add();
  await fleet.ready();
  const readsLive = await live.start();
  await offsets.start();
  generator.start();
  asker.start();
  const superuser = new URL(stack.env.STACK_POSTGRES_SUPERUSER_URL!);
  superuser.pathname = new URL(databaseUrl).pathname;
  return {
    options,
    random: new Random(seed, STREAM.faults),
    stack,
    installation,
    kafkaWay,
    redisWay,
    registryWay,
    databaseWay,
    redis,
    orders,
    fleet,
    plan,
    generator,
    asker,
    live,
    readsLive,
    offsets,
    superuserUrl: superuser.toString(),
    tell,
    remove,
  };
};
