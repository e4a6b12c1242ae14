import { describe, expect, test } from '@jest/globals';
import { MmmError } from '../../src/errors.ts';
import { decideNow } from '../../src/pipeline/decide/decide-now.ts';
import type { Logger } from '../../src/pipeline/ports/logger.ts';
import type { MmmSignalInput } from '../../src/generated/records.ts';
import type { PartitionGroup, SessionOutput, SessionOutputs } from '../../src/pipeline/ports/partitions.ts';
import type { LogRecord } from '../../src/pipeline/ports/records.ts';
import { keyOfPartition } from '../contracts/partitions.ts';
import { journalWith } from '../sim/journal-with.ts';
import { DecideHarness, noMetrics, NOTICE_PUSH, push, quietLogger, rulesWith } from './harness.ts';

const rules = rulesWith([NOTICE_PUSH], {
  quotas: { max_actions_per_day: 1000, max_actions_per_hour: 1000, per_repo_per_day: 1000 },
});

const run = async (
  harness: DecideHarness,
  replace: Parameters<DecideHarness['sessions']>[0] = {},
): Promise<string[]> => {
  const ends: string[] = [];
  const metrics = {
    ...noMetrics,
    count: (name: string, labels: Record<string, string> = {}) => {
      if (name === 'mmm_session_ends_total') ends.push(labels['reason']!);
    },
  };
  const sessions = harness.sessions({ metrics, ...replace });
  await sessions.start();
  await harness.drained();
  await sessions.stop();
  return ends;
};

const wrapped = (outputs: SessionOutputs, wrap: (output: SessionOutput) => Partial<SessionOutput>): SessionOutputs => ({
  open: async (partition) => {
    const output = await outputs.open(partition);
    return {
      fence: () => output.fence(),
      publish: (publication) => output.publish(publication),
      discard: () => output.discard(),
      ...wrap(output),
    };
  },
});

describe('a record of mmm.signals that decodes and is no signal', () => {
  test.each([
    ['null', null],
    ['a number', 5],
    ['a list', []],
    ['an empty object', {}],
    ['an empty tenant', push('a', 'x', { tenant_id: '' })],
    ['a NUL in the signal id (PostgreSQL has no such text)', { ...push('a', 'x'), signal_id: 'a\u0000b' }],
    ['a half character in the actor id', push('a\ud800', 'x')],
    ['an actor id longer than an index entry', push('a'.repeat(9_000), 'x')],
    ['a time that is none', push('a', 'x', { received_at: 'yesterday' })],
    ['a trace parent that is a number (a header no log can write)', { ...push('a', 'x'), trace_parent: 5 }],
    ['an actor id that is a number', { ...push('a', 'x'), actor_id: 7 }],
  ])('%s is dead-lettered, the next one is decided, no session ends', async (_, value) => {
    const harness = new DecideHarness(rules, 1);
    const bytes = Buffer.from(JSON.stringify(value));
    await harness.log.append([{ topic: 'mmm.signals', key: 't1|a', value: bytes, headers: {} }]);
    await harness.append([push('a', 'good')]);
    expect(await run(harness)).toEqual([]);
    const letters = harness.log.read('mmm.dlq');
    expect(letters.map(({ headers }) => headers['mmm-dlq-code'])).toEqual(['SCHEMA_VIOLATION']);
    expect(Buffer.from(letters[0]!.value!)).toEqual(bytes);
    expect(harness.decisions()).toHaveLength(1);
  });
});

test('rows that the former owner published between our epoch and our fence do not look like a database that went back', async () => {
  const harness = new DecideHarness(rules, 1);
  await harness.append([push('a', 'first')]);
  await run(harness);
  const now = { ...harness.deps, partitions: 1 };
  let raced = false;
  const outputs = wrapped(harness.log, (output) => ({
    fence: async () => {
      if (!raced) {
        raced = true;
        const former = await harness.log.open(0);
        const { cursor } = await former.fence();
        await decideNow(now, push('a', 'http'), 5_000);
        const rows = await harness.journal.outbox(0, cursor!, 100, 1_000_000);
        await former.publish({
          records: rows.map(({ record }) => record),
          inputNext: null,
          cursor: rows.at(-1)!.number,
        });
      }
      return output.fence();
    },
  }));
  await harness.append([push('a', 'second')]);
  expect(await run(harness, { outputs })).toEqual([]);
  expect(harness.decisions()).toHaveLength(3);
});

test('each session commits its cursor at its start: a quiet shard keeps it also when no session lives an hour', async () => {
  const harness = new DecideHarness(rules, 1);
  await harness.append([push('a', 'first')]);
  await run(harness);
  const committed = Promise.withResolvers<bigint>();
  const outputs = wrapped(harness.log, (output) => ({
    publish: async (publication) => {
      await output.publish(publication);
      committed.resolve(publication.cursor);
    },
  }));
  const sessions = harness.sessions({ outputs });
  await sessions.start();
  expect(await committed.promise).toBe(harness.log.committed(0).cursor);
  await sessions.stop();
});

test('a failure after a publication ends the session and leaves no rejection without an owner', async () => {
  const harness = new DecideHarness(rules, 1);
  const unowned: unknown[] = [];
  const onUnowned = (error: unknown): void => void unowned.push(error);
  process.on('unhandledRejection', onUnowned);
  const ended = Promise.withResolvers<string>();
  const metrics = {
    ...noMetrics,
    count: (name: string, labels: Record<string, string> = {}) => {
      if (name === 'mmm_session_ends_total') ended.resolve(labels['reason']!);
    },
    observe: (name: string) => {
      if (name === 'mmm_signal_to_delivery_seconds') throw new TypeError('not a number');
    },
  };
  const sessions = harness.sessions({ metrics });
  await harness.append([push('a', 'one')]);
  await sessions.start();
  expect(await ended.promise).toBe('INTERNAL_ERROR');
  await sessions.stop();
  process.off('unhandledRejection', onUnowned);
  expect(unowned).toEqual([]);
  expect(harness.decisions()).toHaveLength(1);
});

test('a commit refused after a failover is tried by a new session at once, which compares, and not after the wait for an operator', async () => {
  const harness = new DecideHarness(rules, 1);
  const commit = harness.journal.commit.bind(harness.journal);
  let refused = false;
  harness.journal.commit = (request) => {
    if (refused) return commit(request);
    refused = true;
    return Promise.reject(new MmmError('DATABASE_WENT_BACK'));
  };
  await harness.append([push('a', 'one')]);
  expect(await run(harness)).toEqual(['DATABASE_WENT_BACK']);
  expect(harness.decisions()).toHaveLength(1);
});

describe('records that come while a batch can not be decided yet go with it', () => {
  /** The sessions of a harness, with what each commit held, and an event for each batch a session has taken. */
  const watched = (harness: DecideHarness) => {
    const commits: string[][] = [];
    const commit = harness.journal.commit.bind(harness.journal);
    harness.journal.commit = (request) => {
      commits.push(request.actors.flatMap(({ entries }) => entries.map((entry) => entry.signalId)));
      return commit(request);
    };
    const waiting = new Map<number, () => void>();
    const group: PartitionGroup = {
      start: (listener) => harness.log.start(listener),
      stop: () => harness.log.stop(),
      partitionCount: () => harness.log.partitionCount(),
      health: () => harness.log.health(),
      reader: (partition) => {
        const reader = harness.log.reader(partition);
        const take = async (maxRecords: number, waitMs: number): Promise<readonly LogRecord[]> => {
          const taken = await reader.take(maxRecords, waitMs);
          if (taken.length > 0) waiting.get(partition)?.();
          return taken;
        };
        return { seek: (position) => reader.seek(position), take, wake: () => reader.wake() };
      },
    };
    const taken = (partition: number): Promise<void> => new Promise((resolve) => waiting.set(partition, resolve));
    return { commits, taken, group };
  };

  test('while the transaction before it runs', async () => {
    const harness = new DecideHarness(rules, 1);
    const { commits, taken, group } = watched(harness);
    const publishing = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const outputs = wrapped(harness.log, (output) => ({
      publish: async (publication) => {
        if (publication.records.length > 0) {
          publishing.resolve();
          await gate.promise;
        }
        await output.publish(publication);
      },
    }));
    const sessions = harness.sessions({ group, outputs });
    const [one, two, three] = [push('a', 'one'), push('a', 'two'), push('a', 'three')];
    await harness.append([one]);
    await sessions.start();
    await publishing.promise;
    const second = taken(0);
    await harness.append([two]);
    await second;
    await harness.append([three]);
    gate.resolve();
    await harness.drained();
    await sessions.stop();
    expect(commits).toEqual([[one.signal_id], [two.signal_id, three.signal_id]]);
  });

  test('while other partitions have their turn', async () => {
    const harness = new DecideHarness(rules, 4);
    const { commits, taken, group } = watched(harness);
    const actorAt = (partition: number): string => keyOfPartition(partition, 4).replace('acme|', '');
    const signalAt = (partition: number, id: string): MmmSignalInput =>
      push(actorAt(partition), id, { tenant_id: 'acme' });
    const busy = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const commit = harness.journal.commit.bind(harness.journal);
    let running = 0;
    harness.journal.commit = async (request) => {
      if (++running === 3) busy.resolve();
      await gate.promise;
      return commit(request);
    };
    const sessions = harness.sessions({ group });
    const others = [0, 1, 2].map((partition) => signalAt(partition, `other${partition}`));
    await harness.append(others);
    await sessions.start();
    await busy.promise;
    const [one, two] = [signalAt(3, 'one'), signalAt(3, 'two')];
    const first = taken(3);
    await harness.append([one]);
    await first;
    await harness.append([two]);
    gate.resolve();
    await harness.drained();
    await sessions.stop();
    expect(commits).toHaveLength(others.length + 1);
    expect(commits.at(-1)).toEqual([one.signal_id, two.signal_id]);
  });
});

test('what is shown is timed in seconds from the moment its signal was received, and nothing else is', async () => {
  const harness = new DecideHarness(rules, 1);
  harness.now += 1_500;
  const seconds: number[] = [];
  const metrics = {
    ...noMetrics,
    observe: (name: string, value: number) => {
      if (name === 'mmm_signal_to_delivery_seconds') seconds.push(value);
    },
  };
  await harness.append([push('a', 'shown'), push('b', 'not shown', { event_type: 'file_edited' })]);
  await run(harness, { metrics });
  expect(harness.deliveries()).toHaveLength(1);
  expect(seconds).toEqual([1.5]);
});

test('tombstones and records in between that are missing move the offset and decide nothing', async () => {
  const harness = new DecideHarness(rules, 1);
  await harness.log.append([{ topic: 'mmm.signals', key: 't1|a', value: null, headers: {} }]);
  await harness.append([push('a', 'one')]);
  await harness.log.append([{ topic: 'mmm.signals', key: 't1|a', value: null, headers: {} }]);
  expect(await run(harness)).toEqual([]);
  expect(harness.decisions()).toHaveLength(1);
  expect(harness.log.committed(0).input).toBe(3n);
});

test('a dead letter that the topic would refuse for its size keeps length and digest, and the partition goes on', async () => {
  const harness = new DecideHarness(rules, 1);
  await harness.log.append([{ topic: 'mmm.signals', key: 't1|a', value: Buffer.alloc(2_097_000, '{'), headers: {} }]);
  await harness.append([push('a', 'good')]);
  expect(await run(harness)).toEqual([]);
  const [letter] = harness.log.read('mmm.dlq');
  expect(JSON.parse(Buffer.from(letter!.value!).toString())).toMatchObject({ withheld: true, bytes: 2_097_000 });
  expect(harness.decisions()).toHaveLength(1);
});

test('a session that fails each time soon after its start is started less and less often', async () => {
  const harness = new DecideHarness(rules, 1);
  harness.journal.commit = () => Promise.reject(new MmmError('INTERNAL_ERROR'));
  const failures: unknown[] = [];
  const third = Promise.withResolvers<void>();
  const logger: Logger = {
    ...quietLogger,
    warn: (event, fields) => {
      if (event === 'session_ended' && failures.push(fields?.['failures']) === 3) third.resolve();
    },
  };
  const sessions = harness.sessions({ logger });
  await harness.append([push('a', 'one')]);
  await sessions.start();
  await third.promise;
  await sessions.stop();
  expect(failures).toEqual([1, 2, 3]);
});

describe('how far publishing has come', () => {
  test('goes along with the next commit of the session, and the rest of it when it stops', async () => {
    const harness = new DecideHarness(rules, 1);
    const along: (bigint | undefined)[] = [];
    const journal = journalWith(harness.journal, {
      commit: (request) => {
        along.push(request.publishedUpto);
        return harness.journal.commit(request);
      },
    });
    const sessions = harness.sessions({ journal });
    await sessions.start();
    for (const id of ['one', 'two']) {
      await harness.append([push('a', id)]);
      await harness.drained();
    }
    await sessions.stop();
    const { publishedUpto, nextNumber } = await harness.journal.openShard(0);
    expect(along).toEqual([0n, (nextNumber - 1n) / 2n]);
    expect(publishedUpto).toBe(nextNumber - 1n);
  });
});
