import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { install, type Installation } from './support/installation.ts';
import { expectExactlyOnce, type Outputs, readOutputs, settled, sourcePosition } from './support/outputs.ts';
import { commits, type Sent } from './support/signals.ts';
import { produce, produceBytes } from './support/topics.ts';

const KILLED_ENGINE = fileURLToPath(new URL('./support/killed-engine.ts', import.meta.url));
/** One engine after the other, each killed where it says; the n-th time, so that something went out before. */
const KILLS = ['before-publish 3', 'after-publish 3', 'after-append 2', 'before-publish 1'] as const;
const ACTORS = 12;
const EACH = 15;
const BAD_EACH_ROUND = 5;

let installation: Installation;
const sent: Sent[] = [];
let outputs: Outputs;

/** Actors keep their raw partition, so that "the order they were sent in" means something. */
const send = async (): Promise<void> => {
  const round = commits(ACTORS, EACH);
  sent.push(...round);
  const topic = installation.topic('pm3.signals.normalized');
  await produce(installation.brokers, topic, round);
  await produceBytes(
    installation.brokers,
    topic,
    Array.from({ length: BAD_EACH_ROUND }, () => ({ key: null, value: '{"no":"tenant"}' })),
  );
};

beforeAll(async () => {
  installation = await install();
  for (const kill of KILLS) {
    const doomed = installation.start({ program: KILLED_ENGINE, args: kill.split(' ') });
    await send();
    expect(await doomed.exited).toEqual({ code: null, signal: 'SIGKILL' });
  }
  const killedAt = performance.now();
  const engine = await installation.start().ready();
  await settled(installation, sent.length);
  process.stderr.write(`recovered ${Math.round(performance.now() - killedAt)} ms after the last kill -9\n`);
  await engine.end();
  outputs = await readOutputs(installation);
}, 300_000);
afterAll(async () => await installation?.remove());

test('after kill -9 on both sides of the Kafka commit nothing is lost, nothing doubled, and the order is kept', async () => {
  await expectExactlyOnce(installation, sent, outputs);
});

test('each outbox number went out once and none is missing', () => {
  const records = [...outputs.decisions, ...outputs.deliveries, ...outputs.receipts];
  const numbers = records.map(({ headers }) => headers['mmm-outbox']!);
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(numbers.length).toBe(3 * sent.length);
});

test('bad records are dead letters, counted once per source position', () => {
  const codes = new Set(outputs.deadLetters.map(({ headers }) => headers['mmm-dlq-code']));
  expect([...codes]).toEqual(['TENANT_MISSING']);
  expect(new Set(outputs.deadLetters.map(sourcePosition)).size).toBe(KILLS.length * BAD_EACH_ROUND);
});
