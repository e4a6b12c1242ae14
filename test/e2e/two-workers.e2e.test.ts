import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type EngineProcess, waitFor } from './support/engine-process.ts';
import { install, type Installation } from './support/installation.ts';
import { expectExactlyOnce, readOutputs, settled } from './support/outputs.ts';
import { commits, type Sent } from './support/signals.ts';
import { produce } from './support/topics.ts';

const SIGNALLING_ENGINE = fileURLToPath(new URL('./support/killed-engine.ts', import.meta.url));
const PARTITIONS = 6;

let installation: Installation;
/** Stops itself (SIGSTOP) between the PostgreSQL commit and the Kafka transaction: as dangerous a zombie as there can be. */
let zombie: EngineProcess;
let steady: EngineProcess;
const sent: Sent[] = [];

const send = async (): Promise<void> => {
  const round = commits(30, 8);
  sent.push(...round);
  await produce(installation.brokers, installation.topic('pm3.signals.normalized'), round);
};

/** What a worker was given last. */
const owned = (engine: EngineProcess): readonly number[] =>
  (engine.logged('kafka.partitions_assigned').at(-1)?.['partitions'] ?? []) as number[];
const owns = async (engine: EngineProcess, accept: (count: number) => boolean): Promise<void> => {
  await waitFor('an assignment', () => Promise.resolve(accept(owned(engine).length) ? true : null));
};

beforeAll(async () => {
  installation = await install();
  steady = await installation.start().ready();
});
afterAll(async () => await installation?.remove());

test('a second worker gets partitions of the first', async () => {
  await send();
  zombie = installation.start({ program: SIGNALLING_ENGINE, args: ['before-publish', '2', 'SIGSTOP'] });
  await owns(zombie, (count) => count > 0);
  await owns(steady, (count) => count < PARTITIONS);
  await waitFor('all partitions in two hands', () =>
    Promise.resolve(new Set([...owned(zombie), ...owned(steady)]).size === PARTITIONS ? true : null),
  );
});

test('a worker stopped between both commits loses its partitions; waking up it is fenced and takes part again', async () => {
  await send();
  await owns(steady, (count) => count === PARTITIONS);
  await settled(installation, sent.length);
  zombie.child.kill('SIGCONT');
  await zombie.log('session_ended', ({ code }) => code === 'FENCED');
  await owns(steady, (count) => count < PARTITIONS);
  await send();
  await settled(installation, sent.length);
});

test('SIGTERM hands the partitions over at once', async () => {
  await send();
  const stoppedAt = performance.now();
  expect((await steady.end('SIGTERM')).code).toBe(0);
  await send();
  await settled(installation, sent.length);
  process.stderr.write(`handed over and done ${Math.round(performance.now() - stoppedAt)} ms after SIGTERM\n`);
});

test('through all of it: no loss, no duplicate, order kept', async () => {
  await expectExactlyOnce(installation, sent, await readOutputs(installation));
});
