import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { partitionOf } from '../../src/domain/partitioner.ts';
import type { TopicName } from '../../src/generated/topics.ts';
import type { RecordWriter } from '../../src/pipeline/ports/intake.ts';
import type {
  PartitionGroup,
  PartitionReader,
  Publication,
  SessionOutputs,
} from '../../src/pipeline/ports/partitions.ts';
import type { LogRecord, OutputRecord } from '../../src/pipeline/ports/records.ts';

export interface LogUnderTest {
  readonly writer: RecordWriter;
  readonly group: PartitionGroup;
  readonly outputs: SessionOutputs;
  /** Every committed record of a topic, each partition in order. */
  readAll(topic: TopicName): Promise<readonly LogRecord[]>;
  close(): Promise<void>;
}

/** A key of that partition. `salt` gives others of it. */
export const keyOfPartition = (partition: number, count: number, salt = ''): string => {
  for (let i = 0; ; i++) {
    const key = `acme|${salt}actor-${i}`;
    if (partitionOf(key, count) === partition) return key;
  }
};

const signal = (key: string, text: string): OutputRecord => ({
  topic: 'mmm.signals',
  key,
  value: Buffer.from(text),
  headers: { 'mmm-tenant-id': 'acme' },
});
const decision = (key: string, text: string): OutputRecord => ({ ...signal(key, text), topic: 'mmm.decisions' });
const textsOf = (records: readonly LogRecord[]): string[] =>
  records.map((record) => Buffer.from(record.value ?? []).toString());
const WAIT_MS = 5_000;

/**
 * What every log keeps towards the decide stage (ports/partitions.ts): at least four partitions, this process the only member of the group,
 * topics empty at the start. Each test uses a partition of its own where positions matter.
 */
export const partitionsContract = (name: string, make: () => Promise<LogUnderTest>): void => {
  describe(`partitions contract: ${name}`, () => {
    let log: LogUnderTest;
    let count = 0;
    let joinedBefore = true;
    const assigned = new Set<number>();

    beforeAll(async () => {
      log = await make();
      count = await log.group.partitionCount();
      joinedBefore = log.group.health().joined;
      await new Promise<void>((resolve, reject) => {
        const listener = {
          assigned: (partition: number) => {
            assigned.add(partition);
            if (assigned.size === count) resolve();
          },
          revoked: () => undefined,
        };
        log.group.start(listener).catch(reject);
      });
    });
    afterAll(async () => {
      await log.group.stop();
      await log.close();
    });

    const key = (partition: number, salt = ''): string => keyOfPartition(partition, count, salt);
    /** Takes until `wanted` records came. */
    const takeAll = async (reader: PartitionReader, wanted: number): Promise<LogRecord[]> => {
      const taken: LogRecord[] = [];
      while (taken.length < wanted) {
        const batch = await reader.take(wanted - taken.length, WAIT_MS);
        if (batch.length === 0) throw new Error(`only ${taken.length} of ${wanted} records came`);
        taken.push(...batch);
      }
      return taken;
    };
    const publication = (cursor: bigint, inputNext: bigint | null, ...records: OutputRecord[]): Publication => ({
      records,
      inputNext,
      cursor,
    });

    test('the only member of the group is given every partition', () => {
      expect([...assigned].sort()).toEqual(Array.from({ length: count }, (_, partition) => partition));
    });

    test('a partition is read in order from the earliest record, whole: key, value, headers, time, offsets without gap', async () => {
      const before = Date.now() - 60_000;
      await log.writer.append([
        signal(key(0), 'a'),
        signal(key(1), 'other'),
        signal(key(0, 'x'), 'b'),
        signal(key(0), 'c'),
      ]);
      const reader = log.group.reader(0);
      await reader.seek('earliest');
      const taken = await takeAll(reader, 3);
      expect(textsOf(taken)).toEqual(['a', 'b', 'c']);
      expect(taken.map((record) => record.offset)).toEqual([0n, 1n, 2n]);
      expect(Buffer.from(taken[0]?.key ?? []).toString()).toBe(key(0));
      expect(Buffer.from(taken[0]?.headers['mmm-tenant-id'] ?? '').toString()).toBe('acme');
      expect(taken[0]?.timestampMs).toBeGreaterThan(before);
    });

    test('seek goes back and forth, and take gives at most what was asked', async () => {
      const reader = log.group.reader(0);
      await reader.seek(1n);
      expect(textsOf(await takeAll(reader, 1))).toEqual(['b']);
      await reader.seek('earliest');
      const first = await reader.take(2, WAIT_MS);
      expect(first.length).toBeLessThanOrEqual(2);
      expect(textsOf([...first, ...(await takeAll(reader, 3 - first.length))])).toEqual(['a', 'b', 'c']);
    });

    test('take ends empty after its wait when there is nothing, and at once when woken', async () => {
      const reader = log.group.reader(0);
      await reader.seek(3n);
      expect(await reader.take(10, 20)).toEqual([]);
      const waiting = reader.take(10, 600_000);
      reader.wake();
      expect(await waiting).toEqual([]);
    });

    test('a waiting take gets a record that is appended meanwhile', async () => {
      const reader = log.group.reader(0);
      await reader.seek(3n);
      const waiting = takeAll(reader, 1);
      await log.writer.append([signal(key(0), 'late')]);
      expect(textsOf(await waiting)).toEqual(['late']);
    });

    test('a session finds no positions where nothing was ever committed', async () => {
      const output = await log.outputs.open(1);
      expect(await output.fence()).toEqual({ input: null, cursor: null });
      await output.discard();
    });

    test('a publication shows records, input offset and cursor to the next session; without input that offset stays', async () => {
      const first = await log.outputs.open(1);
      await first.fence();
      await first.publish(publication(7n, 1n, decision(key(1), 'one'), decision(key(1), 'two')));
      await first.publish(publication(9n, null, decision(key(1), 'three')));
      await first.publish(publication(9n, null));
      await first.discard();
      const second = await log.outputs.open(1);
      expect(await second.fence()).toEqual({ input: 1n, cursor: 9n });
      await second.discard();
      const mine = (await log.readAll('mmm.decisions')).filter(
        (record) => Buffer.from(record.key ?? []).toString() === key(1),
      );
      expect(textsOf(mine)).toEqual(['one', 'two', 'three']);
    });

    test('a cursor may be committed alone, before anything was published', async () => {
      const first = await log.outputs.open(3);
      await first.fence();
      await first.publish(publication(0n, null));
      await first.discard();
      const second = await log.outputs.open(3);
      expect(await second.fence()).toEqual({ input: null, cursor: 0n });
      await second.discard();
    });

    test('a zombie publishes nothing: neither records nor positions', async () => {
      const zombie = await log.outputs.open(2);
      await zombie.fence();
      await zombie.publish(publication(1n, 1n, decision(key(2), 'before')));
      const owner = await log.outputs.open(2);
      expect(await owner.fence()).toEqual({ input: 1n, cursor: 1n });
      await expect(zombie.publish(publication(5n, 5n, decision(key(2), 'of the zombie')))).rejects.toMatchObject({
        code: 'FENCED',
      });
      await owner.publish(publication(2n, 2n, decision(key(2), 'after')));
      await owner.discard();
      await zombie.discard();
      const next = await log.outputs.open(2);
      expect(await next.fence()).toEqual({ input: 2n, cursor: 2n });
      await next.discard();
      const mine = (await log.readAll('mmm.decisions')).filter(
        (record) => Buffer.from(record.key ?? []).toString() === key(2),
      );
      expect(textsOf(mine)).toEqual(['before', 'after']);
    });

    test('a fence shuts out the session of its own partition only', async () => {
      const [one, two] = [await log.outputs.open(1), await log.outputs.open(2)];
      await one.fence();
      await two.fence();
      await one.publish(publication(9n, null, decision(key(1), 'still here')));
      await Promise.all([one.discard(), two.discard()]);
    });

    test('an output that failed or was discarded is never used again', async () => {
      const zombie = await log.outputs.open(3);
      await zombie.fence();
      const owner = await log.outputs.open(3);
      await owner.fence();
      await expect(zombie.publish(publication(1n, null))).rejects.toMatchObject({ code: 'FENCED' });
      await expect(zombie.publish(publication(1n, null))).rejects.toThrow();
      await owner.discard();
      await expect(owner.publish(publication(1n, null))).rejects.toThrow();
      await zombie.discard();
    });

    test('a key keeps to one partition and its order over many publications', async () => {
      const output = await log.outputs.open(3);
      await output.fence();
      const wanted: string[] = [];
      for (let round = 1n; round <= 5n; round++) {
        const records = Array.from({ length: 50 }, (_, i) => decision('acme|one', `${round}-${i}`));
        wanted.push(...textsOf(records.map((record) => ({ ...record, offset: 0n, key: null, timestampMs: 0 }))));
        await output.publish(publication(round, null, ...records));
      }
      await output.discard();
      const all = await log.readAll('mmm.decisions');
      expect(textsOf(all.filter((record) => Buffer.from(record.key ?? []).toString() === 'acme|one'))).toEqual(wanted);
    });

    test('it says whether it is joined: not before its start, not after its stop', async () => {
      expect([joinedBefore, log.group.health().joined]).toEqual([false, true]);
      await log.group.stop();
      expect(log.group.health().joined).toBe(false);
    });
  });
};
