import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { journalSignalKey } from '../../src/pipeline/ports/journal.ts';
import type { ActorCommit, CommitAnswer, Journal } from '../../src/pipeline/ports/journal.ts';
import { actor, entry, foldOne, fresh, next, outboxTexts, record } from './journal-records.ts';

export interface JournalUnderTest {
  readonly journal: Journal;
  close(): Promise<void>;
}

/** What every Journal keeps (design 3.2, 4). Each test uses shards and actors of its own. */
export const journalContract = (name: string, make: () => Promise<JournalUnderTest>): void => {
  describe(`journal contract: ${name}`, () => {
    let made: JournalUnderTest;
    let journal: Journal;
    let shards = 0;
    const newShard = async (): Promise<{ shard: number; epoch: bigint }> => {
      const shard = shards++;
      return { shard, epoch: (await journal.openShard(shard)).epoch };
    };
    const commitOne = async (
      at: { shard: number; epoch: bigint | null },
      ...actors: ActorCommit[]
    ): Promise<CommitAnswer> => await journal.commit({ ...at, actors });

    beforeAll(async () => {
      made = await make();
      journal = made.journal;
    });
    afterAll(async () => {
      await made.close();
    });

    test('a new shard stands at number 1 and was never published', async () => {
      const shard = shards++;
      const first = await journal.openShard(shard);
      expect(first).toMatchObject({ nextNumber: 1n, publishedUpto: -1n });
      expect((await journal.openShard(shard)).epoch).toBe(first.epoch + 1n);
    });

    test('a commit moves the actor and is read back as it was written', async () => {
      const at = await newShard();
      const key = actor();
      expect(await foldOne(journal, key)).toEqual({
        key,
        version: 0,
        head: '',
        profile: null,
        actorRef: null,
        entries: [],
      });
      const receiptKey = Uint8Array.from({ length: 32 }, (_, i) => i);
      const commit = next(fresh(key), { count: 3, receiptKey });
      expect(await commitOne(at, commit)).toEqual({
        actors: [{ status: 'committed', version: 3 }],
        firstNumber: 1n,
        lastNumber: 3n,
      });
      expect(await foldOne(journal, key)).toEqual({
        key,
        version: 3,
        head: commit.newHead,
        profile: null,
        actorRef: createHmac('sha256', receiptKey).update(key.actorId).digest('hex'),
        entries: commit.entries,
      });
      const [row] = await journal.outbox(at.shard, 0n, 10, 1_000_000);
      expect(row?.number).toBe(1n);
      expect(row?.record.topic).toBe('mmm.decisions');
      expect(Buffer.from(row?.record.key ?? '').toString()).toBe('acme|someone');
      expect(row?.record.headers['mmm-tenant-id']).toBe('acme');
      expect([...Buffer.from(row?.record.headers['binary'] ?? '')]).toEqual([0, 255, 1]);
    });

    test('a second commit goes on from the first, and the first receipt key stays', async () => {
      const at = await newShard();
      const key = actor();
      await commitOne(at, next(fresh(key), { receiptKey: Uint8Array.of(1) }));
      const before = await foldOne(journal, key);
      const answer = await commitOne(at, next(before, { receiptKey: Uint8Array.of(2) }));
      expect(answer).toMatchObject({ actors: [{ status: 'committed', version: 2 }], firstNumber: 2n, lastNumber: 2n });
      const after = await foldOne(journal, key);
      expect(after.actorRef).toBe(before.actorRef);
      expect(after.entries.map((line) => line.version)).toEqual([1, 2]);
    });

    test('records without key or value come back without', async () => {
      const at = await newShard();
      await commitOne(at, next(fresh(), { outputs: [{ topic: 'mmm.dlq', key: null, value: null, headers: {} }] }));
      const [row] = await journal.outbox(at.shard, 0n, 10, 1_000);
      expect(row?.record).toEqual({ topic: 'mmm.dlq', key: null, value: null, headers: {} });
    });

    test.each([
      ['stands at another version', { version: 5 }],
      ['has another head', { head: 'stale' }],
      ['is new to the caller only', { version: 0, head: '' }],
    ])(
      'an actor that %s is a conflict, nothing of it is written, and its neighbours are committed',
      async (_why, wrong) => {
        const at = await newShard();
        const key = actor();
        await commitOne(at, next(fresh(key)));
        const stands = await foldOne(journal, key);
        const lost = next({ ...stands, ...wrong }, { count: 2 });
        const won = next(fresh());
        const other = next(fresh());
        const answer = await commitOne(at, won, lost, other);
        expect(answer).toEqual({
          actors: [{ status: 'committed', version: 1 }, { status: 'conflict' }, { status: 'committed', version: 1 }],
          firstNumber: 2n,
          lastNumber: 3n,
        });
        expect(await foldOne(journal, key)).toEqual(stands);
        const ids = lost.entries.map((line) => line.signalId);
        expect(await journal.knownSignals(ids.map((signalId) => ({ tenantId: 'acme', signalId })))).toEqual(new Set());
        expect(await journal.decisionOfSignal('acme', ids[1] ?? '')).toBeNull();
        expect(await outboxTexts(journal, at.shard, 1n)).toEqual([
          won.entries[0]?.signalId,
          other.entries[0]?.signalId,
        ]);
      },
    );

    test('an actor nobody ever saw can not be moved from a later version', async () => {
      const at = await newShard();
      expect(await commitOne(at, next({ key: actor(), version: 3, head: 'h' }))).toEqual({
        actors: [{ status: 'conflict' }],
        firstNumber: null,
        lastNumber: 0n,
      });
    });

    test('a signal id that is there already makes its actor a conflict with nothing written', async () => {
      const at = await newShard();
      const first = next(fresh());
      await commitOne(at, first);
      const signalId = first.entries[0]?.signalId ?? '';
      const second = next(fresh(), { count: 2, signalId });
      expect((await commitOne(at, second)).actors).toEqual([{ status: 'conflict' }]);
      expect((await foldOne(journal, second.key)).version).toBe(0);
      expect(await outboxTexts(journal, at.shard)).toEqual([signalId]);
    });

    test('of two actors of one request with the same signal id only the first is committed', async () => {
      const at = await newShard();
      const answer = await commitOne(at, next(fresh(), { signalId: 'twice' }), next(fresh(), { signalId: 'twice' }));
      expect(answer.actors.map((one) => one.status)).toEqual(['committed', 'conflict']);
    });

    test('an actor named twice in one request is committed once', async () => {
      const at = await newShard();
      const key = actor();
      const answer = await commitOne(at, next(fresh(key)), next(fresh(key)));
      expect(answer.actors.map((one) => one.status)).toEqual(['committed', 'conflict']);
    });

    test('the same signal id of another tenant is another signal', async () => {
      const at = await newShard();
      await commitOne(at, next(fresh(actor('one', 'a')), { signalId: 'shared' }));
      const answer = await commitOne(at, next(fresh(actor('one', 'b')), { signalId: 'shared' }));
      expect(answer.actors).toEqual([{ status: 'committed', version: 1 }]);
    });

    test('knownSignals tells tenants apart and finds signals without a decision', async () => {
      const at = await newShard();
      const commit = next(fresh(actor('x', 'tenant-1')), { count: 2 });
      await commitOne(at, commit);
      const ids = commit.entries.map((line) => line.signalId);
      const asked = ['tenant-1', 'tenant-2', 'tenant-'].flatMap((tenantId) =>
        ids.map((signalId) => ({ tenantId, signalId })),
      );
      expect(await journal.knownSignals(asked)).toEqual(new Set(ids.map((id) => journalSignalKey('tenant-1', id))));
      expect(await journal.knownSignals([])).toEqual(new Set());
    });

    test('the decision of a signal comes back byte for byte, and to its tenant only', async () => {
      const at = await newShard();
      const commit = next(fresh(actor('y', 'tenant-3')));
      await commitOne(at, commit);
      const stored = commit.decisions[0];
      const signalId = stored?.signalId ?? '';
      expect(await journal.decisionOfSignal('tenant-3', signalId)).toMatchObject({
        decisionId: stored?.decisionId,
        body: stored?.body,
        receipt: Buffer.from(stored?.receipt ?? []).toString('utf8'),
      });
      expect(await journal.decisionOfSignal('tenant-4', signalId)).toBeNull();
    });

    test('a commit under an older epoch throws EPOCH_STALE and writes nothing; one without epoch is not asked', async () => {
      const old = await newShard();
      const { epoch } = await journal.openShard(old.shard);
      const commit = next(fresh());
      await expect(commitOne(old, commit)).rejects.toMatchObject({ code: 'EPOCH_STALE' });
      expect((await foldOne(journal, commit.key)).version).toBe(0);
      expect((await commitOne({ shard: old.shard, epoch: null }, commit)).actors).toEqual([
        { status: 'committed', version: 1 },
      ]);
      expect((await commitOne({ shard: old.shard, epoch }, next(fresh()))).actors).toEqual([
        { status: 'committed', version: 1 },
      ]);
    });

    test('a request without actors answers where the shard stands', async () => {
      const at = await newShard();
      expect(await commitOne(at)).toEqual({ actors: [], firstNumber: null, lastNumber: 0n });
    });

    test('eight committers at once: numbers without gap, in the order of the commits, one winner per version', async () => {
      const { shard } = await newShard();
      const contended = actor();
      const answers: CommitAnswer[] = [];
      const wonBy: string[] = [];
      const committer = async (name: string): Promise<void> => {
        for (let round = 0; round < 12; round++) {
          const own = next(fresh(), { outputs: [record(`${name}-${round}-a`), record(`${name}-${round}-b`)] });
          const shared = next(await foldOne(journal, contended), { outputs: [record(`${name}-${round}-shared`)] });
          const answer = await commitOne({ shard, epoch: null }, own, shared);
          answers.push(answer);
          if (answer.actors[1]?.status === 'committed') wonBy.push(shared.newHead);
        }
      };
      await Promise.all(Array.from({ length: 8 }, async (_, index) => await committer(`c${index}`)));

      const folded = await foldOne(journal, contended);
      expect(folded.version).toBe(wonBy.length);
      expect(folded.entries.map((line) => line.version)).toEqual(wonBy.map((_, index) => index + 1));
      expect(wonBy).toContain(folded.head);
      const texts = await outboxTexts(journal, shard);
      expect(texts).toHaveLength(8 * 12 * 2 + wonBy.length);
      expect((await journal.openShard(shard)).nextNumber).toBe(BigInt(texts.length) + 1n);
      // A commit's rows are one unbroken run that starts where its answer says.
      answers.sort((a, b) => Number((a.firstNumber ?? 0n) - (b.firstNumber ?? 0n)));
      let reached = 0n;
      for (const answer of answers) {
        expect(answer.firstNumber).toBe(reached + 1n);
        reached = answer.lastNumber;
        const rows = texts.slice(Number(answer.firstNumber) - 1, Number(answer.lastNumber));
        expect(new Set(rows.map((text) => text.split('-').slice(0, 2).join('-'))).size).toBe(1);
      }
    });

    test('a fold under concurrent commits is always of one version', async () => {
      const { shard, epoch } = await newShard();
      const key = actor();
      let done = false;
      const write = async (): Promise<void> => {
        for (let round = 0; round < 60; round++)
          await commitOne({ shard, epoch }, next(await foldOne(journal, key), { count: 2 }));
        done = true;
      };
      const read = async (): Promise<void> => {
        while (!done) {
          const folded = await foldOne(journal, key);
          expect(folded.entries.map((line) => line.version)).toEqual(
            Array.from({ length: folded.version }, (_, i) => i + 1),
          );
          await new Promise(setImmediate);
        }
      };
      await Promise.all([write(), read(), read()]);
      expect((await foldOne(journal, key)).version).toBe(120);
    });

    test('the outbox is read in pieces of at most so many rows and bytes, but at least one row', async () => {
      const at = await newShard();
      const outputs = Array.from({ length: 5 }, (_, index) => record(`${index}`.padEnd(1_000, 'x')));
      await commitOne(at, next(fresh(), { outputs }));
      const numbers = async (after: bigint, rows: number, bytes: number): Promise<bigint[]> =>
        (await journal.outbox(at.shard, after, rows, bytes)).map((row) => row.number);
      expect(await numbers(0n, 3, 1_000_000)).toEqual([1n, 2n, 3n]);
      expect(await numbers(0n, 100, 2_500)).toEqual([1n, 2n]);
      expect(await numbers(2n, 100, 1)).toEqual([3n]);
      expect(await numbers(3n, 100, 1_000_000)).toEqual([4n, 5n]);
      expect(await numbers(5n, 100, 1_000_000)).toEqual([]);
    });

    test('published_upto only rises, and only under the epoch of the session', async () => {
      const old = await newShard();
      await commitOne(old, next(fresh(), { count: 3 }));
      await journal.published(old.shard, old.epoch, 2n);
      await journal.published(old.shard, old.epoch, 1n);
      const { epoch, publishedUpto } = await journal.openShard(old.shard);
      expect(publishedUpto).toBe(2n);
      await expect(journal.published(old.shard, old.epoch, 3n)).rejects.toMatchObject({ code: 'EPOCH_STALE' });
      await journal.published(old.shard, epoch, 3n);
      expect((await journal.openShard(old.shard)).publishedUpto).toBe(3n);
    });

    test('a commit takes the word of how far publishing has come along, and never lowers it', async () => {
      const at = await newShard();
      const upto = async (): Promise<bigint> => {
        const status = await journal.openShard(at.shard);
        at.epoch = status.epoch;
        return status.publishedUpto;
      };
      await commitOne(at, next(fresh(), { count: 3 }));
      expect(await upto()).toBe(-1n);
      await journal.commit({ ...at, publishedUpto: 2n, actors: [next(fresh())] });
      expect(await upto()).toBe(2n);
      await journal.commit({ ...at, publishedUpto: 1n, actors: [next(fresh())] });
      expect(await upto()).toBe(2n);
    });

    test('a commit that is refused takes no such word along, and one above the counter refuses it', async () => {
      const old = await newShard();
      await commitOne(old, next(fresh(), { count: 3 }));
      const { epoch } = await journal.openShard(old.shard);
      const late = journal.commit({ ...old, publishedUpto: 2n, actors: [next(fresh())] });
      await expect(late).rejects.toMatchObject({ code: 'EPOCH_STALE' });
      const tooFar = journal.commit({ shard: old.shard, epoch, publishedUpto: 9n, actors: [next(fresh())] });
      await expect(tooFar).rejects.toMatchObject({ code: 'DATABASE_WENT_BACK' });
      expect((await journal.openShard(old.shard)).publishedUpto).toBe(-1n);
    });

    test('a cursor above the counter is DATABASE_WENT_BACK', async () => {
      const at = await newShard();
      await expect(journal.published(at.shard, at.epoch, 1n)).rejects.toMatchObject({ code: 'DATABASE_WENT_BACK' });
      await expect(journal.accepted(at.shard, at.epoch, 1n)).rejects.toMatchObject({ code: 'DATABASE_WENT_BACK' });
    });

    test('a session that starts tells its cursor, under its own epoch only', async () => {
      const old = await newShard();
      await commitOne(old, next(fresh(), { count: 3 }));
      const { epoch } = await journal.openShard(old.shard);
      await expect(journal.accepted(old.shard, old.epoch, 2n)).rejects.toMatchObject({ code: 'EPOCH_STALE' });
      await journal.accepted(old.shard, epoch, 2n);
      expect((await journal.openShard(old.shard)).publishedUpto).toBe(2n);
    });

    test('who asks for rows above the counter hears DATABASE_WENT_BACK: a session without input asks nothing else', async () => {
      const at = await newShard();
      await commitOne(at, next(fresh(), { count: 2 }));
      expect(await journal.outbox(at.shard, 2n, 10, 1_000)).toEqual([]);
      await expect(journal.outbox(at.shard, 3n, 10, 1_000)).rejects.toMatchObject({ code: 'DATABASE_WENT_BACK' });
      await expect(journal.outbox(shards++, 1n, 10, 1_000)).rejects.toMatchObject({ code: 'DATABASE_WENT_BACK' });
    });

    test('who listens hears of commits that are not the session of the shard', async () => {
      const { shard } = await newShard();
      let stop = (): void => undefined;
      const heard = new Promise<number>((resolve) => {
        stop = journal.onOutbox((which) => {
          if (which === shard) resolve(which);
        });
      });
      // Listening begins soon after the call: commits go on until one is heard.
      let waiting = true;
      const write = async (): Promise<void> => {
        while (waiting) {
          await commitOne({ shard, epoch: null }, next(fresh()));
          await new Promise(setImmediate);
        }
      };
      const writing = write();
      expect(await heard).toBe(shard);
      waiting = false;
      await writing;
      stop();
    });

    test('each actor of a fold answers in the order asked', async () => {
      const at = await newShard();
      const known = actor('known', 'order');
      const commit = { ...next(fresh(known)), entries: [entry(1, false, Date.now())], decisions: [], outbox: [] };
      await commitOne(at, commit);
      const folded = await journal.fold([actor('unknown', 'order'), known, actor('known', 'other')]);
      expect(folded.map((one) => [one.key.tenantId, one.key.actorId, one.version])).toEqual([
        ['order', 'unknown', 0],
        ['order', 'known', 1],
        ['other', 'known', 0],
      ]);
    });
  });
};
