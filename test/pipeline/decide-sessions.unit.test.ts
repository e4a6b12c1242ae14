import { describe, expect, test } from '@jest/globals';
import { MmmError } from '../../src/errors.ts';
import { emptyState } from '../../src/domain/actor-state.ts';
import { decideNow } from '../../src/pipeline/decide/decide-now.ts';
import type { Publication, SessionOutput, SessionOutputs } from '../../src/pipeline/ports/partitions.ts';
import { DecideHarness, NOTICE_PUSH, push, rulesWith } from './harness.ts';

const unlimited = rulesWith([NOTICE_PUSH], {
  quotas: { max_actions_per_day: 1000, max_actions_per_hour: 1000, per_repo_per_day: 1000 },
});
const onceADay = rulesWith([NOTICE_PUSH], {
  quotas: { max_actions_per_day: 1, max_actions_per_hour: 1, per_repo_per_day: 1 },
});

const actors = ['a', 'b', 'c', 'd'];
const many = (count: number): ReturnType<typeof push>[] =>
  Array.from({ length: count }, (_, index) => push(actors[index % actors.length]!, `s${index}`));

/** Throws once, where the test says: before or after the log has taken the publication. */
const failingOnce = (
  outputs: SessionOutputs,
  when: 'before' | 'after',
  isVictim: (publication: Publication) => boolean,
): SessionOutputs => {
  let armed = true;
  const wrap = (output: SessionOutput): SessionOutput => ({
    fence: () => output.fence(),
    discard: () => output.discard(),
    publish: async (publication) => {
      const victim = armed && isVictim(publication);
      if (victim) armed = false;
      if (victim && when === 'before') throw new MmmError('IN_DOUBT');
      await output.publish(publication);
      if (victim && when === 'after') throw new MmmError('IN_DOUBT');
    },
  });
  return { open: async (partition) => wrap(await outputs.open(partition)) };
};

/** Tells the reason with which a session ended. */
const endsTo =
  (tell: (reason: string) => void) =>
  (name: string, labels: Record<string, string> = {}): void => {
    if (name === 'mmm_session_ends_total') tell(labels['reason']!);
  };

const run = async (harness: DecideHarness, replace: Parameters<DecideHarness['sessions']>[0] = {}): Promise<void> => {
  const sessions = harness.sessions(replace);
  await sessions.start();
  await harness.drained();
  await sessions.stop();
};

const expectEachOnceInOrder = (harness: DecideHarness, signals: readonly ReturnType<typeof push>[]): void => {
  for (const actor of actors) {
    const wanted = signals.filter((signal) => signal.actor_id === actor).map((signal) => signal.signal_id);
    expect(
      harness
        .decisions()
        .filter((decision) => decision.actor_id === actor)
        .map((decision) => decision.signal_id),
    ).toEqual(wanted);
  }
  expect(new Set(harness.deliveries().map((delivery) => delivery.delivery_id)).size).toBe(harness.deliveries().length);
  expect(harness.deliveries()).toHaveLength(signals.length);
};

describe('decide sessions', () => {
  test('every signal is decided and delivered once, an actor in the order of its signals: none is only logged, no topic stays empty (D-74, D-80)', async () => {
    const harness = new DecideHarness(unlimited);
    const signals = many(300);
    await harness.append(signals);
    await run(harness);
    expectEachOnceInOrder(harness, signals);
    expect(harness.log.read('mmm.receipts')).toHaveLength(300);
  });

  test('however many partitions a process owns, three of them decide at once: what lies in memory is bounded', async () => {
    const harness = new DecideHarness(unlimited, 12);
    const people = Array.from({ length: 200 }, (_, index) => push(`dev${index}`, `s${index}`));
    await harness.append(people);
    let running = 0;
    let most = 0;
    const { journal } = harness;
    const commit = journal.commit.bind(journal);
    journal.commit = async (request) => {
      most = Math.max(most, ++running);
      // Long enough that every other partition could have come here.
      for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return commit(request);
    };
    await run(harness);
    expect(harness.deliveries()).toHaveLength(people.length);
    expect(most).toBe(3);
  });

  test('a repeated signal is decided once, within a batch and across restarts', async () => {
    const harness = new DecideHarness(unlimited);
    const signals = many(20);
    await harness.append([...signals, ...signals]);
    await run(harness);
    await harness.append(signals);
    await run(harness);
    expectEachOnceInOrder(harness, signals);
  });

  test.each(['before', 'after'] as const)(
    'an answer lost %s the log took the publication neither loses nor repeats',
    async (when) => {
      const harness = new DecideHarness(unlimited, 1);
      const signals = many(40);
      await harness.append(signals);
      await run(harness, { outputs: failingOnce(harness.log, when, (publication) => publication.records.length > 0) });
      expectEachOnceInOrder(harness, signals);
    },
  );

  test('a zombie can not publish what the new owner publishes', async () => {
    const harness = new DecideHarness(unlimited, 1);
    const old = await harness.log.open(0);
    await old.fence();
    await harness.append(many(4));
    await run(harness);
    await expect(old.publish({ records: [], inputNext: 99n, cursor: 99n })).rejects.toMatchObject({ code: 'FENCED' });
    expect(harness.log.committed(0).input).toBe(4n);
  });

  test('another writer on the same actor is a conflict that is planned again: the cap holds (D-57 check-then-record race)', async () => {
    const harness = new DecideHarness(onceADay, 1);
    const now = { ...harness.deps, partitions: 1 };
    const sessions = harness.sessions();
    await sessions.start();
    await Promise.all([
      harness.append(Array.from({ length: 8 }, (_, index) => push('a', `topic${index}`, { branch: `topic${index}` }))),
      ...Array.from({ length: 8 }, (_, index) =>
        decideNow(now, push('a', `http${index}`, { branch: `http${index}` }), 5_000),
      ),
    ]);
    await harness.drained();
    while (harness.log.read('mmm.decisions').length < 16) await harness.log.nextPublication();
    await sessions.stop();
    expect(harness.deliveries()).toHaveLength(1);
    expect(new Set(harness.decisions().map((decision) => decision.signal_id)).size).toBe(16);
  });

  test('a stale state in the cache costs a conflict, never a second nudge', async () => {
    const harness = new DecideHarness(onceADay, 1);
    await harness.append([push('a', 'first')]);
    await run(harness);
    const [folded] = await harness.journal.fold([{ tenantId: 't1', actorId: 'a' }]);
    harness.cache.get = (keys) =>
      Promise.resolve(
        keys.map((key) => ({
          key,
          version: folded!.version,
          head: 'of another history',
          actorRef: null,
          state: emptyState(null),
        })),
      );
    await harness.append([push('a', 'second', { branch: 'another' })]);
    await run(harness);
    expect(harness.deliveries()).toHaveLength(1);
    expect(harness.decisions()).toHaveLength(2);
  });

  test('a record that can not be decoded goes to the dead letters once and the next one is decided', async () => {
    const harness = new DecideHarness(unlimited, 1);
    await harness.log.append([
      { topic: 'mmm.signals', key: 't1|a', value: Buffer.from('{'), headers: { kept: 'yes' } },
    ]);
    await harness.append([push('a', 'good')]);
    await run(harness);
    const letters = harness.log.read('mmm.dlq');
    expect(letters).toHaveLength(1);
    expect(Buffer.from(letters[0]!.value!).toString()).toBe('{');
    expect(letters[0]!.headers).toMatchObject({ kept: 'yes', 'mmm-dlq-offset': '0', 'mmm-dlq-stage': 'decide' });
    expect(harness.decisions()).toHaveLength(1);
  });

  test('a signal of an unknown tenant is journalled and decides nothing', async () => {
    const harness = new DecideHarness(null, 1);
    await harness.append([push('a', 'one')]);
    await run(harness);
    expect(harness.decisions()).toEqual([]);
    const [folded] = await harness.journal.fold([{ tenantId: 't1', actorId: 'a' }]);
    expect(folded!.entries.map((entry) => entry.result)).toEqual(['tenant_unknown']);
  });

  test.each([
    ['a missing cursor', { input: 1n, cursor: null }, 'OUTBOX_CURSOR_LOST'],
    ['a cursor below what is published', { input: 1n, cursor: 0n }, 'OUTBOX_CURSOR_LOST'],
    ['a cursor above the counter', { input: 1n, cursor: 999n }, 'DATABASE_WENT_BACK'],
  ] as const)('%s stops the shard and publishes nothing', async (_, committed, code) => {
    const harness = new DecideHarness(unlimited, 1);
    await harness.append([push('a', 'one')]);
    await run(harness);
    const before = harness.log.read('mmm.decisions').length;
    const outputs: SessionOutputs = {
      open: async (partition) => {
        const output = await harness.log.open(partition);
        return {
          fence: async () => (await output.fence(), committed),
          publish: (p) => output.publish(p),
          discard: () => output.discard(),
        };
      },
    };
    const blocked = Promise.withResolvers<string>();
    const sessions = harness.sessions({
      outputs,
      metrics: { ...harness.deps.metrics, count: endsTo(blocked.resolve) },
    });
    await harness.append([push('a', 'two')]);
    await sessions.start();
    expect(await blocked.promise).toBe(code);
    expect(sessions.partitions()).toEqual([{ partition: 0, state: 'blocked', code }]);
    await sessions.stop();
    expect(harness.log.read('mmm.decisions')).toHaveLength(before);
  });

  test('a session tells the journal what it has compared before its first commit (a failover waits for that)', async () => {
    const harness = new DecideHarness(unlimited, 1);
    await harness.append([push('a', 'one')]);
    await run(harness);
    const calls: string[] = [];
    const accepted = harness.journal.accepted.bind(harness.journal);
    const commit = harness.journal.commit.bind(harness.journal);
    harness.journal.accepted = (...args) => (calls.push('accepted'), accepted(...args));
    harness.journal.commit = (request) => (calls.push('commit'), commit(request));
    await harness.append([push('a', 'two')]);
    await run(harness);
    expect(calls).toEqual(['accepted', 'commit']);
  });

  test('a hole in the outbox stops the shard before the offset moves', async () => {
    const harness = new DecideHarness(unlimited, 1);
    const commit = harness.journal.commit.bind(harness.journal);
    harness.journal.commit = async (request) => ({ ...(await commit(request)), firstNumber: null });
    harness.journal.outbox = () => Promise.resolve([]);
    const blocked = Promise.withResolvers<string>();
    const sessions = harness.sessions({
      metrics: { ...harness.deps.metrics, count: endsTo(blocked.resolve) },
    });
    await harness.append([push('a', 'one')]);
    await sessions.start();
    expect(await blocked.promise).toBe('OUTBOX_GAP');
    expect(harness.log.committed(0).input).toBeNull();
    await sessions.stop();
  });
});
