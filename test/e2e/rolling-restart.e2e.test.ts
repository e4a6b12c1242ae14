import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type EngineProcess, waitFor } from './support/engine-process.ts';
import { install, type Installation } from './support/installation.ts';
import { expectExactlyOnce, readOutputs, settled } from './support/outputs.ts';
import { commits, type Sent } from './support/signals.ts';
import { produce, readTopic } from './support/topics.ts';

const WORKERS = 3;
const ACTORS = 60;
const EACH_ROUND = 5;

let installation: Installation;
let workers: EngineProcess[];
const everStarted: EngineProcess[] = [];
const sent: Sent[] = [];
let feeding = true;
let fed: Promise<void>;

const start = (): EngineProcess => {
  const worker = installation.start();
  everStarted.push(worker);
  return worker;
};

/** One round after the other as long as it is told to: there is work while each of them goes and comes. */
const feed = async (): Promise<void> => {
  while (feeding) {
    const round = commits(ACTORS, EACH_ROUND);
    await produce(installation.brokers, installation.topic('pm3.signals.normalized'), round);
    sent.push(...round);
    await waitFor('some of it', async () =>
      (await journalled()) + 3 * ACTORS * EACH_ROUND > sent.length ? true : null,
    );
  }
};

const journalled = async (): Promise<number> =>
  Number((await installation.database.query<{ n: string }>('SELECT count(*) AS n FROM mmm_journal')).rows[0]!.n);

/** Everybody has partitions again: only then does the next one go, as Kubernetes waits for readiness. */
const spread = async (): Promise<void> => {
  await waitFor('a partition for each worker', () => {
    const counts = workers.map(
      (worker) => ((worker.logged('kafka.partitions_assigned').at(-1)?.['partitions'] ?? []) as number[]).length,
    );
    return Promise.resolve(counts.every((count) => count > 0) ? true : null);
  });
};

beforeAll(async () => {
  installation = await install();
  workers = Array.from({ length: WORKERS }, start);
  await Promise.all(workers.map(async (worker) => await worker.ready()));
  await spread();
  fed = feed();
}, 300_000);
afterAll(async () => {
  feeding = false;
  await fed?.catch(() => undefined);
  await installation?.remove();
});

test('three workers are restarted one after the other under load: each ends by itself with 0', async () => {
  for (let place = 0; place < WORKERS; place++) {
    const before = await journalled();
    await waitFor('work under way', async () => ((await journalled()) > before + ACTORS ? true : null));
    const going = workers[place]!;
    expect(await going.end('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(going.logged('stop_deadline_passed')).toEqual([]);
    workers[place] = await start().ready();
    await spread();
  }
  feeding = false;
  await fed;
  await settled(installation, sent.length);
}, 600_000);

/** A rebalance can take a lane from intake between its write and its commit: what it then writes again, the journal knows. It is told, not asserted. */
test('no decision is lost, doubled or out of order', async () => {
  await expectExactlyOnce(installation, sent, await readOutputs(installation));
  const signals = await readTopic(installation.brokers, installation.topic('mmm.signals'));
  const again = signals.length - sent.length;
  const rebalances = everStarted.reduce((sum, one) => sum + one.logged('kafka.partitions_assigned').length, 0);
  process.stderr.write(
    `${sent.length} signals through ${WORKERS} restarts, ${rebalances} assignments, ${again} raw records read again\n`,
  );
});
