import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { MmmSignalInput } from '../../src/generated/records.ts';
import type { DeferralQueue, DeferralRow } from '../../src/pipeline/ports/deferrals.ts';
import type { ActorCommit, CommitAnswer, Journal } from '../../src/pipeline/ports/journal.ts';
import { actor, foldOne, fresh, next } from './journal-records.ts';

export interface DeferralsUnderTest {
  readonly journal: Journal;
  readonly queue: DeferralQueue;
  close(): Promise<void>;
}

const MINUTE = 60_000;
/** Long ago, so that suites of other tests have nothing due. */
const DUE = Date.parse('2001-01-01T06:07:08.123Z');

/** A branch name that PostgreSQL has in no json or jsonb it takes apart. */
const signalOf = (tenantId: string, actorId: string): MmmSignalInput => ({
  signal_id: randomUUID(),
  source_signal_id: null,
  tenant_id: tenantId,
  actor_id: actorId,
  actor_type: 'human',
  source: 'pm3',
  event_type: 'commit_pushed',
  severity: 'info',
  occurred_at: '2001-01-01T00:00:00.000Z',
  received_at: '2001-01-01T00:00:00.000Z',
  repo_id: 'org/a',
  branch: 'x\u0000"\\\ud800',
  commit: null,
  file_path: 'gr\u00fcn',
  environment: null,
  plane: null,
  evaluation_point: null,
  subject: null,
  surface_hint: null,
  payload: { files_changed: 3 },
  trace_parent: null,
  origin: { topic: 't', partition: 0, offset: '0' },
});

/** What a journal keeps of deferrals, and what its queue hands out (ports/deferrals.ts). */
export const deferralsContract = (name: string, make: () => Promise<DeferralsUnderTest>): void => {
  describe(`deferrals contract: ${name}`, () => {
    let made: DeferralsUnderTest;
    let shards = 100;
    beforeAll(async () => {
      made = await make();
    });
    afterAll(async () => {
      await made.close();
    });

    const commit = async (...actors: ActorCommit[]): Promise<CommitAnswer> => {
      const shard = shards++;
      return await made.journal.commit({ shard, epoch: (await made.journal.openShard(shard)).epoch, actors });
    };
    const putOff = (change: Partial<DeferralRow> = {}, tenantId = 'acme') => {
      const key = actor(randomUUID(), tenantId);
      const row: DeferralRow = {
        actionId: randomUUID(),
        decisionId: randomUUID(),
        attempt: 1,
        dueAtMs: DUE,
        expiresAtMs: DUE + 60 * MINUTE,
        signal: signalOf(tenantId, key.actorId),
        ...change,
      };
      return { key, row, commit: { ...next(fresh(key)), deferrals: [row] } };
    };
    /** Everything due, so that each test leaves the queue empty. */
    const claimAll = async (nowMs: number) => await made.queue.claim(nowMs, 1_000);
    const close = async (key: ReturnType<typeof actor>, ...actionIds: string[]): Promise<void> => {
      const from = await foldOne(made.journal, key);
      const closedDeferrals = actionIds.map((actionId) => ({ actionId, status: 'done' as const }));
      await commit({ ...next(from), closedDeferrals });
    };

    test('what a commit puts off is due at its time, with its signal, until a commit closes it', async () => {
      const { key, row, commit: first } = putOff();
      await commit(first);
      expect(await claimAll(DUE - 1)).toEqual([]);
      const due = {
        ...key,
        actionId: row.actionId,
        decisionId: row.decisionId,
        attempt: 1,
        dueAtMs: DUE,
        signal: row.signal,
      };
      expect(await claimAll(DUE)).toEqual([due]);
      const wanted = [{ tenantId: 'acme', actionId: row.actionId }];
      expect(await made.journal.deferredSignals(wanted)).toEqual(new Map([[row.actionId, row.signal]]));
      await close(key, row.actionId);
      expect(await claimAll(DUE + 10_000 * MINUTE)).toEqual([]);
    });

    test('one that stays open is handed out again, later each time', async () => {
      const { key, row, commit: first } = putOff();
      await commit(first);
      const times: number[] = [];
      for (let minute = 0; minute <= 20; minute += 1) {
        if ((await claimAll(DUE + minute * MINUTE)).length > 0) times.push(minute);
      }
      expect(times).toEqual([0, 1, 3, 7, 15]);
      await close(key, row.actionId);
    });

    test('a conflict puts nothing off and closes nothing', async () => {
      const { key, row, commit: first } = putOff();
      await commit(first);
      const stale = { ...next(fresh(key)), closedDeferrals: [{ actionId: row.actionId, status: 'done' as const }] };
      const other = putOff();
      const lost = { ...other.commit, version: 3, head: 'another' };
      expect((await commit(stale, lost)).actors).toEqual([{ status: 'conflict' }, { status: 'conflict' }]);
      expect((await claimAll(DUE)).map(({ actionId }) => actionId)).toEqual([row.actionId]);
      await close(key, row.actionId);
    });

    test('of two signals of one commit the second may end what the first has put off', async () => {
      const { row, commit: first } = putOff();
      await commit({ ...first, closedDeferrals: [{ actionId: row.actionId, status: 'superseded' }] });
      expect(await claimAll(DUE)).toEqual([]);
    });

    test('one that a signal made due is handed out then, also if it was put off by the same commit', async () => {
      const { key, row, commit: first } = putOff({ dueAtMs: DUE + 60 * MINUTE });
      await commit({ ...first, hastenedDeferrals: [{ actionId: row.actionId, dueAtMs: DUE + 30 * MINUTE }] });
      expect(await claimAll(DUE + 30 * MINUTE - 1)).toEqual([]);
      expect(await claimAll(DUE + 30 * MINUTE)).toMatchObject([{ dueAtMs: DUE + 30 * MINUTE }]);
      const from = await foldOne(made.journal, key);
      await commit({ ...next(from), hastenedDeferrals: [{ actionId: row.actionId, dueAtMs: DUE }] });
      expect(await claimAll(DUE)).toMatchObject([{ actionId: row.actionId, dueAtMs: DUE }]);
      await close(key, row.actionId);
      const closed = await foldOne(made.journal, key);
      await commit({ ...next(closed), hastenedDeferrals: [{ actionId: row.actionId, dueAtMs: DUE }] });
      expect(await claimAll(DUE + 60 * MINUTE)).toEqual([]);
    });

    test('many schedulers at once: each deferral goes to one of them, the oldest first', async () => {
      const all = Array.from({ length: 30 }, (_, n) => putOff({ dueAtMs: DUE + n }));
      await commit(...all.map((one) => one.commit));
      const hands = await Promise.all(Array.from({ length: 6 }, () => made.queue.claim(DUE + MINUTE, 10)));
      const ids = hands.flat().map(({ actionId }) => actionId);
      expect(new Set(ids).size).toBe(ids.length);
      const rest = await claimAll(DUE + MINUTE);
      expect([...ids, ...rest.map(({ actionId }) => actionId)].sort()).toEqual(
        all.map(({ row }) => row.actionId).sort(),
      );
      for (const hand of hands)
        expect(hand.map(({ dueAtMs }) => dueAtMs)).toEqual(
          hand.map(({ dueAtMs }) => dueAtMs).toSorted((a, b) => a - b),
        );
      for (const { key, row } of all) await close(key, row.actionId);
    });

    test('tenants do not touch each other: an action id of another tenant finds and closes nothing (G7)', async () => {
      const { key, row, commit: first } = putOff({}, 'acme');
      await commit(first);
      expect(await made.journal.deferredSignals([{ tenantId: 'other', actionId: row.actionId }])).toEqual(new Map());
      const foreign = actor(randomUUID(), 'other');
      await commit({ ...next(fresh(foreign)), closedDeferrals: [{ actionId: row.actionId, status: 'done' }] });
      expect((await claimAll(DUE)).map(({ actionId }) => actionId)).toEqual([row.actionId]);
      await close(key, row.actionId);
    });

    test('what an entry puts off, resolves and changes of cards is folded as it was written', async () => {
      const { key, commit: first } = putOff();
      const entries = first.entries.map((entry) => ({
        ...entry,
        resolved: ['a'],
        deferred: [
          {
            actionId: 'b',
            actionIndex: 0,
            actionType: 'mentor' as const,
            attempt: 1,
            branch: 'x\u0000"\\',
            decisionId: 'd',
            dueMs: DUE,
            eventType: 'commit_pushed',
            expiresMs: DUE + 1,
            occurredMs: 1,
            playbookId: 'p',
            playbookVersion: 2,
            repo: null,
            resolvedBy: null,
            sinceMs: 2,
            subject: null,
            tier: 'low' as const,
          },
        ],
        cards: [
          {
            actionId: 'c',
            actionType: 'mirror' as const,
            branch: null,
            eventType: 'pr_opened',
            expiresMs: 9,
            openedMs: 2,
            places: [{ surface: 'ide' as const, life: 2, revision: 3, live: false }],
            playbookId: 'p',
            playbookVersion: 2,
            repo: null,
            subject: 's',
          },
        ],
      }));
      await commit({ ...first, entries });
      expect((await foldOne(made.journal, key)).entries).toEqual(entries);
      await close(key, ...(await claimAll(DUE)).map(({ actionId }) => actionId));
    });
  });
};
