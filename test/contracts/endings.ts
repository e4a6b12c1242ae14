import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Ending } from '../../src/domain/decision/subject-resolved.ts';
import type { Concerned, EndingQueue, EndingRow, OpenMatterRow } from '../../src/pipeline/ports/endings.ts';
import type { ActorCommit, Journal } from '../../src/pipeline/ports/journal.ts';
import { actor, foldOne, next } from './journal-records.ts';

export interface EndingsUnderTest {
  readonly journal: Journal;
  readonly queue: EndingQueue;
  close(): Promise<void>;
}

const MINUTE = 60_000;
const NOW = Date.parse('2040-01-01T12:00:00.000Z');

/** What a journal keeps of matters that others may end, and whom its queue names (ports/endings.ts). */
export const endingsContract = (name: string, make: () => Promise<EndingsUnderTest>): void => {
  describe(`endings contract: ${name}`, () => {
    let made: EndingsUnderTest;
    let shards = 200;
    beforeAll(async () => {
      made = await make();
    });
    afterAll(async () => {
      await made.close();
    });

    const commit = async (key: ReturnType<typeof actor>, change: Partial<ActorCommit>) => {
      const shard = shards++;
      const { epoch } = await made.journal.openShard(shard);
      const from = await foldOne(made.journal, key);
      return await made.journal.commit({ shard, epoch, actors: [{ ...next(from), ...change }] });
    };
    const opened = (matter: string, change: Partial<OpenMatterRow> = {}): Partial<ActorCommit> => ({
      openMatters: [{ matter, actorType: 'human', sinceMs: NOW - MINUTE, untilMs: NOW + 60 * MINUTE, ...change }],
    });
    const ended = (matter: string, change: Partial<Ending> = {}): EndingRow => ({
      matter,
      ending: {
        signalId: randomUUID(),
        atMs: NOW,
        eventType: 'pr_merged',
        subject: '["pull_request","org/a",7]',
        repo: 'org/a',
        // What PostgreSQL has in no json it takes apart.
        branch: 'x\u0000"\\\ud800',
        ...change,
      },
    });
    const ending = (row: EndingRow): Partial<ActorCommit> => ({ endings: [row] });
    /** Everything in hand, settled, so that each test leaves the queue empty. */
    const takeAll = async (nowMs = NOW): Promise<readonly Concerned[]> => {
      const hand = await made.queue.take(nowMs, 1_000);
      await hand.settle();
      return hand.concerned;
    };

    test('whoever holds something open about it is told of what another has ended, once', async () => {
      const [author, watcher, reviewer] = [actor(), actor(), actor()];
      const matter = randomUUID();
      await commit(author, opened(matter));
      await commit(watcher, opened(matter, { actorType: 'ai_agent' }));
      await commit(reviewer, opened(randomUUID()));
      expect(await takeAll()).toEqual([]);
      const row = ended(matter);
      await commit(reviewer, ending(row));
      const told = await takeAll();
      expect(told.toSorted((a, b) => a.actorType.localeCompare(b.actorType))).toEqual([
        { ...watcher, actorType: 'ai_agent', ending: row.ending },
        { ...author, actorType: 'human', ending: row.ending },
      ]);
      expect(await takeAll(NOW + 100 * MINUTE)).toEqual([]);
    });

    test('one who ends it is not told: the own journal has it', async () => {
      const author = actor();
      const matter = randomUUID();
      await commit(author, opened(matter));
      await takeAll();
      await commit(author, ending(ended(matter)));
      expect(await takeAll()).toEqual([]);
    });

    test('what is opened after its end was told is told too, if it happened before', async () => {
      const [late, later, reviewer] = [actor(), actor(), actor()];
      const matter = randomUUID();
      await commit(reviewer, ending(ended(matter)));
      expect(await takeAll()).toEqual([]);
      await commit(late, opened(matter, { sinceMs: NOW - 1 }));
      await commit(later, opened(matter, { sinceMs: NOW + 1 }));
      expect((await takeAll()).map(({ actorId }) => actorId)).toEqual([late.actorId]);
    });

    test('neither what happened since nor what is open no more is ended', async () => {
      const [since, closed, reviewer] = [actor(), actor(), actor()];
      const matter = randomUUID();
      await commit(since, opened(matter, { sinceMs: NOW + 1 }));
      await commit(closed, opened(matter, { untilMs: NOW }));
      await takeAll();
      await commit(reviewer, ending(ended(matter)));
      expect(await takeAll()).toEqual([]);
    });

    test('of several ends the newest by event time stands, whatever comes first', async () => {
      const [author, reviewer] = [actor(), actor()];
      const matter = randomUUID();
      const newest = ended(matter, { atMs: NOW + 5 });
      await commit(reviewer, ending(newest));
      await commit(reviewer, ending(ended(matter, { atMs: NOW + 1 })));
      await commit(author, opened(matter));
      const told = await takeAll();
      expect(new Set(told.map((one) => one.ending.signalId))).toEqual(new Set([newest.ending.signalId]));
    });

    test('what a scheduler takes and does not settle comes again, later each time; what is written anew at once', async () => {
      const [author, reviewer] = [actor(), actor()];
      const matter = randomUUID();
      await commit(author, opened(matter));
      await takeAll();
      await commit(reviewer, ending(ended(matter)));
      const dead = await made.queue.take(NOW, 1_000);
      expect(dead.concerned).toHaveLength(1);
      expect((await made.queue.take(NOW + MINUTE - 1, 1_000)).concerned).toEqual([]);
      expect((await made.queue.take(NOW + MINUTE, 1_000)).concerned).toHaveLength(1);
      const again = ended(matter, { atMs: NOW + 2 });
      await commit(reviewer, ending(again));
      // Too late: what it had in hand is not what is there now.
      await dead.settle();
      expect((await takeAll(NOW + MINUTE)).map((one) => one.ending)).toEqual([again.ending]);
    });

    test('tenants do not touch each other: the same matter of another tenant is another (G7)', async () => {
      const [author, foreign] = [actor(randomUUID(), 'acme'), actor(randomUUID(), 'other')];
      const matter = randomUUID();
      await commit(author, opened(matter));
      await commit(foreign, ending(ended(matter)));
      expect(await takeAll()).toEqual([]);
    });

    test('a conflict opens and ends nothing', async () => {
      const [author, reviewer] = [actor(), actor()];
      const matter = randomUUID();
      await commit(author, opened(matter));
      await takeAll();
      const answer = await commit(reviewer, { ...ending(ended(matter)), version: 3, head: 'another' });
      expect(answer.actors).toEqual([{ status: 'conflict' }]);
      expect(await takeAll()).toEqual([]);
    });
  });
};
