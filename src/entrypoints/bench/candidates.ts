import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../adapters/local-stack/free-ports.ts';
import { MmmError } from '../../errors.ts';
import type { BareArguments } from './bare-main.ts';
import { type Child, startChild } from './child.ts';
import type { Mix } from './signals.ts';
import type { BenchWorld } from './world.ts';

export type CandidateName = 'bare' | 'bare second hop' | 'engine' | 'engine, one in ten';

/** A pipeline that can be measured: where signals go in and where deliveries come out. */
export interface Candidate {
  readonly name: CandidateName;
  readonly mix: Mix;
  readonly input: string;
  readonly output: string;
  start(): Promise<Child>;
}

const MAIN = fileURLToPath(new URL('../cli/main.ts', import.meta.url));
const BARE_MAIN = fileURLToPath(new URL('./bare-main.ts', import.meta.url));

const READY_DEADLINE_MS = 60_000;
const READY_POLL_MS = 100;

/** The engine as users run it: `serve`, a process of its own. `nodeArgs` may ask for a profile. */
export const engineCandidate = (world: BenchWorld, mix: Mix, nodeArgs: readonly string[] = []): Candidate => ({
  name: mix === 'every' ? 'engine' : 'engine, one in ten',
  mix,
  input: world.names.topic('pm3.signals.normalized'),
  output: world.names.topic('mmm.delivery.ide'),
  start: async () => {
    const http = await freePort(new Set());
    const metrics = await freePort(new Set([http]));
    const environment = { ...world.environment, MMM_HTTP_PORT: String(http), MMM_METRICS_PORT: String(metrics) };
    const child = startChild([MAIN, 'serve'], environment, join(world.folder, 'engine.log'), nodeArgs);
    await Promise.race([child.ended, ready(`http://127.0.0.1:${http}/v1/mmm/ready`)]);
    return child;
  },
});

const ready = async (url: string): Promise<void> => {
  for (const until = performance.now() + READY_DEADLINE_MS; performance.now() < until; await delay(READY_POLL_MS)) {
    try {
      if ((await fetch(url)).ok) return;
    } catch {
      // Not listening yet.
    }
  }
  throw new MmmError('INTERNAL_ERROR', `the engine was not ready within ${READY_DEADLINE_MS / 1_000} s`);
};

export const BARE_TOPICS = {
  keyed: 'bare.keyed',
  second: 'bare.second',
  outputs: ['bare.decisions', 'bare.delivery', 'bare.receipts'],
};

/** Value bytes and headers of one record of each output, as the engine wrote them. */
export type OutputSample = Omit<BareArguments['outputs'][number], 'topic'>;

/** What the same broker and client do without us (both hops, or the exactly-once hop alone). */
export const bareCandidate = (
  world: BenchWorld,
  hops: 'both' | 'second',
  samples: readonly OutputSample[],
): Candidate => {
  const keyed = hops === 'both' ? BARE_TOPICS.keyed : BARE_TOPICS.second;
  const raw = world.names.topic('pm3.signals.normalized');
  return {
    name: hops === 'both' ? 'bare' : 'bare second hop',
    mix: 'every',
    input: hops === 'both' ? `bare.${raw}` : keyed,
    output: 'bare.delivery',
    start: () => {
      const given: BareArguments = {
        brokers: world.brokers,
        group: `bare-${hops}`,
        raw: hops === 'both' ? `bare.${raw}` : null,
        keyed,
        outputs: BARE_TOPICS.outputs.map((topic, at) => ({ topic, ...(samples[at] ?? { bytes: 1_000, headers: {} }) })),
      };
      const environment = { ...world.environment };
      return Promise.resolve(
        startChild([BARE_MAIN, JSON.stringify(given)], environment, join(world.folder, 'bare.log')),
      );
    },
  };
};

/** The bare pipeline's own topics, with as many partitions as ours have. */
export const createBareTopics = async (world: BenchWorld): Promise<void> => {
  const numPartitions = await world.topics.partitionCount('mmm.signals');
  const names = [
    `bare.${world.names.topic('pm3.signals.normalized')}`,
    BARE_TOPICS.keyed,
    BARE_TOPICS.second,
    ...BARE_TOPICS.outputs,
  ];
  await world.topics.createAll(names.map((topic) => ({ topic, numPartitions, replicationFactor: 1 })));
};
