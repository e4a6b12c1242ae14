import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { MmmError } from '../../../src/errors.ts';
import type { RawRecord } from '../../../src/pipeline/ports/intake.ts';
import { record } from './records.ts';
import { TestCluster } from './cluster.ts';

const cluster = new TestCluster();
beforeAll(async () => cluster.start(2));
afterAll(async () => cluster.close());

const text = ({ value }: RawRecord): string => Buffer.from(value ?? '').toString();

test('a lane in order, redelivered in place after a failure, acknowledged only when settled', async () => {
  const topics = ['pm3.signals.normalized', 'mmm.triggers'] as const;
  const values = Array.from({ length: 700 }, (_, i) => String(i));
  await cluster.writer.append(values.map((value) => record('pm3.signals.normalized', 'k', value)));
  await cluster.writer.append([record('mmm.triggers', 'k', 'other topic')]);

  const source = cluster.newIntake(topics);
  const settled: RawRecord[] = [];
  const failed: string[] = [];
  const done = Promise.withResolvers<void>();
  await source.start(async (batch) => {
    if (batch[0]?.channel === 'pm3.signals.normalized' && failed.length < 2) {
      failed.push(text(batch[0]));
      throw new MmmError('REGISTRY_UNAVAILABLE');
    }
    settled.push(...batch);
    if (settled.length === values.length + 1) done.resolve();
  });
  await done.promise;
  expect(failed).toEqual(['0', '0']);
  const own = settled.filter(({ channel }) => channel === 'pm3.signals.normalized');
  expect(own.map(text)).toEqual(values);
  expect(own[5]?.position).toBe((own[4]?.position ?? 0n) + 1n);
  expect(settled.find(({ channel }) => channel === 'mmm.triggers')?.headers['mmm-outbox']).toBeDefined();
  expect(source.health().joined).toBe(true);
  await source.stop();
  expect((await cluster.admin.lag('mmm-intake', topics)).every(({ records }) => records === 0n)).toBe(true);
  expect(source.health().joined).toBe(false);
});

test('stop waits for the running batch and acknowledges it; what was not settled comes again', async () => {
  await cluster.writer.append([record('release.events', 'k', 'one')]);
  const source = cluster.newIntake(['release.events']);
  const entered = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  await source.start(async () => {
    entered.resolve();
    await release.promise;
  });
  await entered.promise;
  const stopping = source.stop();
  release.resolve();
  await stopping;
  expect((await cluster.admin.lag('mmm-intake', ['release.events'])).map(({ records }) => records)).toEqual([0n, 0n]);

  await cluster.writer.append([record('release.events', 'k', 'two')]);
  const failing = cluster.newIntake(['release.events']);
  const tried = Promise.withResolvers<void>();
  await failing.start(async () => {
    tried.resolve();
    throw new MmmError('LOG_UNAVAILABLE');
  });
  await tried.promise;
  await failing.stop();
  const third = cluster.newIntake(['release.events']);
  const got = Promise.withResolvers<readonly RawRecord[]>();
  await third.start(async (batch) => got.resolve(batch));
  expect((await got.promise).map(text)).toEqual(['two']);
  await third.stop();
});

test('a topic that does not exist is named as such', async () => {
  const empty = new TestCluster();
  const source = empty.newIntake(['release.events']);
  await expect(source.start(async () => undefined)).rejects.toMatchObject({ code: 'TOPIC_MISSING' });
  await source.stop();
});
