import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ActorCommit, FoldedActor, Journal, OutcomeCommit } from '../../src/pipeline/ports/journal.ts';
import type { JournalUnderTest } from './journal.ts';
import { actor, foldOne, fresh, next, outboxTexts, record } from './journal-records.ts';

/** An outcome of the action that `decided` sent, for an actor that stands at `from`. */
export const outcomeOf = (
  shard: number,
  from: Pick<FoldedActor, 'key' | 'version' | 'head'>,
  decided: ActorCommit,
  change: { outcomeId?: string; receiptKey?: Uint8Array } = {},
): OutcomeCommit => {
  const decision = decided.decisions[0];
  const outcomeId = change.outcomeId ?? randomUUID();
  const decisionId = decision?.decisionId ?? '';
  const actionId = decision?.actions[0]?.actionId ?? '';
  const recordedAtMs = Date.now();
  return {
    shard,
    key: from.key,
    version: from.version,
    head: from.head,
    newHead: randomUUID(),
    newReceiptKey: change.receiptKey ?? null,
    entry: {
      kind: 'outcome',
      version: from.version + 1,
      entryId: `entry-of-${from.key.tenantId}-${outcomeId}`,
      outcomeId,
      decisionId,
      actionId,
      result: 'dismissed',
      atMs: recordedAtMs - 1_234,
      decidedAtMs: recordedAtMs,
      dismissal: { atMs: recordedAtMs, playbookId: 'p1', actionType: 'mirror', subject: 'x\u0000"\\' },
      chain: `chain-${outcomeId}`,
    },
    outcome: {
      outcomeId,
      actorId: from.key.actorId,
      decisionId,
      actionId,
      result: 'dismissed',
      reason: 'gr\u00fcn "quoted"',
      occurredAtMs: recordedAtMs - 1_234,
      recordedAtMs,
      receiptId: `receipt-${outcomeId}`,
    },
    receipt: `{"outcome":"${outcomeId}"}`,
    outbox: [record(`${outcomeId}-event`), { ...record(`${outcomeId}-receipt`), topic: 'mmm.receipts' }],
  };
};

/** What every Journal keeps about outcomes. A suite beside journal.ts, for the same implementations. */
export const outcomeJournalContract = (name: string, make: () => Promise<JournalUnderTest>): void => {
  describe(`journal contract, outcomes: ${name}`, () => {
    let made: JournalUnderTest;
    let journal: Journal;
    let shards = 0;
    beforeAll(async () => {
      made = await make();
      journal = made.journal;
    });
    afterAll(async () => {
      await made.close();
    });
    /** An actor with one decision of one action, in a shard of its own. */
    const decidedActor = async (tenantId = 'acme') => {
      const shard = shards++;
      const { epoch } = await journal.openShard(shard);
      const decided = next(fresh(actor(randomUUID(), tenantId)), { receiptKey: Uint8Array.of(1) });
      await journal.commit({ shard, epoch, actors: [decided] });
      return { shard, epoch, decided, key: decided.key, stands: await foldOne(journal, decided.key) };
    };
    const placeOf = ({ key, outcome }: OutcomeCommit) => ({ ...outcome, tenantId: key.tenantId });

    test('an outcome is the next entry of its actor, a row of its action, and rows of the outbox, as they were written', async () => {
      const { shard, decided, key, stands } = await decidedActor();
      const commit = outcomeOf(shard, stands, decided, { receiptKey: Uint8Array.of(2) });
      const before = await journal.outcomeStanding(placeOf(commit));
      expect(before.stored).toBeNull();
      expect(before.action).toEqual({
        actorId: key.actorId,
        playbookId: 'p1',
        playbookVersion: 1,
        actionType: 'mirror',
        read: decided.decisions[0]?.read,
        trace: decided.decisions[0]?.trace,
        receipt: Buffer.from(decided.decisions[0]?.receipt ?? []).toString(),
        outcomes: [],
      });
      expect(await journal.commitOutcome(commit)).toEqual({ status: 'committed', version: 2 });
      // The receipt key that was there stays: receipts of one person have one name.
      expect(await foldOne(journal, key)).toEqual({
        ...stands,
        version: 2,
        head: commit.newHead,
        entries: [...stands.entries, commit.entry],
      });
      expect(await journal.outcomeStanding(placeOf(commit))).toEqual({
        action: { ...before.action, outcomes: [commit.outcome] },
        stored: commit.outcome,
      });
      const rows = await journal.outbox(shard, 1n, 10, 1_000_000);
      expect(rows.map((row) => [row.number, row.record.topic, Buffer.from(row.record.value ?? '').toString()])).toEqual(
        [
          [2n, 'mmm.decisions', `${commit.outcome.outcomeId}-event`],
          [3n, 'mmm.receipts', `${commit.outcome.outcomeId}-receipt`],
        ],
      );
      expect([...Buffer.from(rows[0]?.record.headers['binary'] ?? '')]).toEqual([0, 255, 1]);
    });

    test.each([
      ['at another version', { version: 5 }],
      ['at another head', { head: 'stale' }],
      ['nowhere yet', { version: 0, head: '' }],
    ])('of an actor that stands %s nothing is written', async (_why, wrong) => {
      const { shard, decided, key, stands } = await decidedActor();
      const commit = outcomeOf(shard, { ...stands, ...wrong }, decided);
      expect(await journal.commitOutcome(commit)).toEqual({ status: 'conflict' });
      expect(await foldOne(journal, key)).toEqual(stands);
      expect(await journal.outcomeStanding(placeOf(commit))).toMatchObject({ stored: null, action: { outcomes: [] } });
      expect(await outboxTexts(journal, shard, 1n)).toEqual([]);
    });

    test('an outcome id that is there already writes nothing, whoever brings it; that of another tenant is another', async () => {
      const [one, two, foreign] = [await decidedActor(), await decidedActor(), await decidedActor('elsewhere')];
      const outcomeId = randomUUID();
      await journal.commitOutcome(outcomeOf(one.shard, one.stands, one.decided, { outcomeId }));
      const again = outcomeOf(two.shard, two.stands, two.decided, { outcomeId });
      expect(await journal.commitOutcome(again)).toEqual({ status: 'conflict' });
      expect(await foldOne(journal, two.key)).toEqual(two.stands);
      expect(await outboxTexts(journal, two.shard, 1n)).toEqual([]);
      const other = outcomeOf(foreign.shard, foreign.stands, foreign.decided, { outcomeId });
      expect((await journal.commitOutcome(other)).status).toBe('committed');
    });

    test('no action is known to another tenant, nor by another decision, nor by an id nobody gave (D-14)', async () => {
      const { shard, decided, stands } = await decidedActor();
      const other = await decidedActor();
      const place = placeOf(outcomeOf(shard, stands, decided));
      const nothing = { action: null, stored: null };
      expect(await journal.outcomeStanding({ ...place, tenantId: 'elsewhere' })).toEqual(nothing);
      expect(
        await journal.outcomeStanding({ ...place, decisionId: other.decided.decisions[0]?.decisionId ?? '' }),
      ).toEqual(nothing);
      expect(await journal.outcomeStanding({ ...place, actionId: 'none' })).toEqual(nothing);
      expect((await journal.outcomeStanding(place)).action).not.toBeNull();
    });

    test('a session that planned before the outcome is a conflict, and so is the outcome of whoever folded before the session', async () => {
      const { shard, epoch, decided, key, stands } = await decidedActor();
      const outcome = outcomeOf(shard, stands, decided);
      const planned = next(stands);
      expect((await journal.commitOutcome(outcome)).status).toBe('committed');
      expect((await journal.commit({ shard, epoch, actors: [planned] })).actors).toEqual([{ status: 'conflict' }]);
      const late = outcomeOf(shard, await foldOne(journal, key), decided);
      await journal.commit({ shard, epoch, actors: [next(await foldOne(journal, key))] });
      expect((await journal.commitOutcome(late)).status).toBe('conflict');
      expect((await foldOne(journal, key)).entries.map((entry) => entry.kind)).toEqual(['signal', 'outcome', 'signal']);
    });

    test('outcomes and signals of one actor at once: one winner per version, numbers without gap', async () => {
      const { shard, epoch, decided, key } = await decidedActor();
      let outcomes = 0;
      let signals = 0;
      const report = async (): Promise<void> => {
        for (let round = 0; round < 15; round++) {
          const commit = outcomeOf(shard, await foldOne(journal, key), decided);
          if ((await journal.commitOutcome(commit)).status === 'committed') outcomes++;
        }
      };
      const decide = async (): Promise<void> => {
        for (let round = 0; round < 15; round++) {
          const answer = await journal.commit({ shard, epoch, actors: [next(await foldOne(journal, key))] });
          if (answer.actors[0]?.status === 'committed') signals++;
        }
      };
      await Promise.all([report(), report(), report(), decide()]);
      const folded = await foldOne(journal, key);
      expect(folded.version).toBe(1 + outcomes + signals);
      expect(folded.entries.map((entry) => entry.version)).toEqual(
        Array.from({ length: folded.version }, (_, index) => index + 1),
      );
      expect(await outboxTexts(journal, shard)).toHaveLength(1 + 2 * outcomes + signals);
      expect((await journal.openShard(shard)).nextNumber).toBe(BigInt(2 + 2 * outcomes + signals));
    });

    test('who listens hears of an outcome: an idle session publishes it without waiting', async () => {
      const { shard, decided, key } = await decidedActor();
      let stop = (): void => undefined;
      const heard = new Promise<void>((resolve) => {
        stop = journal.onOutbox((which) => {
          if (which === shard) resolve();
        });
      });
      // Listening begins soon after the call: outcomes go on until one is heard.
      let waiting = true;
      const write = async (): Promise<void> => {
        while (waiting) {
          await journal.commitOutcome(outcomeOf(shard, await foldOne(journal, key), decided));
          await new Promise(setImmediate);
        }
      };
      const writing = write();
      await heard;
      waiting = false;
      await writing;
      stop();
    });
  });
};
