import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { PartitionListener } from '../../../src/pipeline/ports/partitions.ts';
import { assignments, keyIn, record, takeAll } from './records.ts';
import { TestCluster } from './cluster.ts';

const PARTITIONS = 4;
const MEMBER = fileURLToPath(new URL('./member.ts', import.meta.url));
let cluster: TestCluster;
beforeAll(async () => {
  cluster = new TestCluster();
  await cluster.start(PARTITIONS);
});
afterAll(async () => cluster.close());

/** Who owns what, and a promise of the next time that `when` holds. */
class Owned implements PartitionListener {
  readonly partitions = new Set<number>();
  #waiting: (() => void)[] = [];
  assigned(partition: number): void {
    this.partitions.add(partition);
    this.#changed();
  }
  revoked(partition: number): void {
    this.partitions.delete(partition);
    this.#changed();
  }
  async until(when: () => boolean): Promise<void> {
    while (!when()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
  #changed(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

test('partitions move to a second member and back when it is killed; a kept one reads on without loss or repeat', async () => {
  const owned = new Owned();
  const group = cluster.newGroup();
  await group.start(owned);
  await owned.until(() => owned.partitions.size === PARTITIONS);
  const readers = new Map([...owned.partitions].map((partition) => [partition, group.reader(partition)]));
  for (const reader of readers.values()) await reader.seek('earliest');
  const signals = (from: number, to: number) =>
    [...readers.keys()].flatMap((partition) =>
      Array.from({ length: to - from }, (_, i) =>
        record('mmm.signals', keyIn(partition, PARTITIONS), String(from + i)),
      ),
    );
  await cluster.writer.append(signals(0, 50));
  for (const reader of readers.values()) expect(await takeAll(reader, 50)).toHaveLength(50);

  const child = spawn(process.execPath, [MEMBER], {
    env: { ...process.env, NODE_OPTIONS: '', MMM_TEST_NAMESPACE: cluster.names.group('') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  await new Promise<void>((resolve) => lines.once('line', () => resolve()));
  await owned.until(() => owned.partitions.size === PARTITIONS / 2);

  await cluster.writer.append(signals(50, 60));
  const kept = [...owned.partitions][0]!;
  const read = await takeAll(readers.get(kept)!, 10);
  expect(read.map(({ value }) => String(value))).toEqual(Array.from({ length: 10 }, (_, i) => String(50 + i)));

  child.kill('SIGKILL');
  await owned.until(() => owned.partitions.size === PARTITIONS);
  expect(group.health()).toMatchObject({ joined: true });
  const regained = [...owned.partitions].find((partition) => partition !== kept)!;
  await group.reader(regained).seek(55n);
  expect((await takeAll(group.reader(regained), 5)).map(({ offset }) => offset)).toEqual([55n, 56n, 57n, 58n, 59n]);
  await group.stop();
}, 60_000);

test('holds a bounded part of a backlog that nobody takes, and all of it arrives when somebody does', async () => {
  const cluster2 = new TestCluster();
  await cluster2.start(2);
  const values = Array.from({ length: 12_000 }, (_, i) => `${i}-${'x'.repeat(300)}`);
  await cluster2.writer.append(values.map((value) => record('mmm.signals', keyIn(0, 2), value)));
  const group = cluster2.newGroup();
  await assignments(group, 2);
  const [full, other] = [group.reader(0), group.reader(1)];
  await full.seek('earliest');
  await other.seek('earliest');
  // Each of these needs a fetch of its own, and each fetch could bring another megabyte of the backlog.
  for (let round = 0; round < 10; round++) {
    await cluster2.writer.append([record('mmm.signals', keyIn(1, 2), String(round))]);
    expect(await takeAll(other, 1)).toHaveLength(1);
  }
  const held = [...(await full.take(100_000, 0))];
  // The high mark of 2,000 plus what one fetch of 1 MB brings.
  expect(held.length).toBeLessThan(6_000);
  held.push(...(await takeAll(full, values.length - held.length, 100_000)));
  expect(held.map(({ value }) => String(value))).toEqual(values);
  await cluster2.close();
});

test('reads what other clients packed with gzip, snappy, lz4 and zstd', async () => {
  const cluster2 = new TestCluster();
  await cluster2.start(1);
  const { produceElsewhere } = await import('./foreign-producer.ts');
  const wanted: string[] = [];
  for (const codec of ['gzip', 'snappy', 'lz4', 'zstd']) {
    const values = Array.from({ length: 200 }, (_, i) => `${codec} ${i} ${'abcabc'.repeat(i)} ${Math.sqrt(i)}`);
    wanted.push(...values);
    await produceElsewhere(cluster2.names.topic('mmm.signals'), codec, values);
  }
  const group = cluster2.newGroup();
  await assignments(group, 1);
  await group.reader(0).seek('earliest');
  expect((await takeAll(group.reader(0), wanted.length)).map(({ value }) => String(value))).toEqual(wanted);
  await cluster2.close();
});

test('records that retention deleted before they were read are said to be lost, and reading goes on', async () => {
  const cluster2 = new TestCluster();
  await cluster2.start(1);
  await cluster2.writer.append(Array.from({ length: 10 }, (_, i) => record('mmm.signals', 'k', String(i))));
  const topic = cluster2.names.topic('mmm.signals');
  await cluster2.admin.admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '6' }] });
  const group = cluster2.newGroup();
  await assignments(group, 1);
  await group.reader(0).seek(2n);
  expect((await takeAll(group.reader(0), 4)).map(({ offset }) => offset)).toEqual([6n, 7n, 8n, 9n]);
  await group.reader(0).seek('earliest');
  expect((await takeAll(group.reader(0), 4)).map(({ offset }) => offset)).toEqual([6n, 7n, 8n, 9n]);
  await cluster2.close();
});
