import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ContextEvent } from '../../src/domain/context/context-event.ts';
import type { ContextSource } from '../../src/pipeline/ports/context-source.ts';
import type { Journal } from '../../src/pipeline/ports/journal.ts';
import { actor, foldOne, fresh, next } from './journal-records.ts';

export interface ContextSourceUnderTest {
  readonly journal: Journal;
  /** A source that has seen nothing yet. */
  readonly source: () => ContextSource;
  /** What the source takes as now. */
  readonly nowMs: number;
  close(): Promise<void>;
}

const DAY = 86_400_000;

/** What every ContextSource answers: incidents and failed releases of the tenant, from whoever's journal said so. */
export const contextSourceContract = (name: string, make: () => Promise<ContextSourceUnderTest>): void => {
  describe(`context source contract: ${name}`, () => {
    let made: ContextSourceUnderTest;
    let shards = 500;
    beforeAll(async () => {
      made = await make();
    });
    afterAll(async () => {
      await made.close();
    });

    const said = async (tenant: string, actorId: string, atMs: number, event: ContextEvent | null): Promise<void> => {
      const shard = shards++;
      const { epoch } = await made.journal.openShard(shard);
      const commit = next(fresh(actor(actorId, tenant)), { count: 1 });
      const entries = commit.entries.map((one) => ({ ...one, atMs, ...(event === null ? {} : { context: event }) }));
      const answer = await made.journal.commit({ shard, epoch, actors: [{ ...commit, entries }] });
      expect(answer.actors).toEqual([{ status: 'committed', version: 1 }]);
    };
    const incident = (id: string, open = true): ContextEvent => ({
      id,
      kind: 'incident',
      open,
      repo: null,
      severity: 'high',
    });

    test('a tenant of which nothing was said has nothing wrong', async () => {
      expect(await made.source().load(randomUUID())).toEqual({ incidents: [], failedReleases: [] });
    });

    test('what the journals of the tenant say counts, of nobody and of any actor, and of no other tenant (G7)', async () => {
      const [tenant, other] = [randomUUID(), randomUUID()];
      await said(tenant, '', made.nowMs - 5, incident('INC-1'));
      await said(tenant, 'someone', made.nowMs - 4, incident('INC-2'));
      await said(tenant, 'another', made.nowMs - 3, incident('INC-1', false));
      await said(tenant, 'a third', made.nowMs - 2, null);
      await said(other, '', made.nowMs - 1, incident('INC-9'));
      expect(await made.source().load(tenant)).toEqual({
        incidents: [{ id: 'INC-2', repo: null, severity: 'high', lastMs: made.nowMs - 4 }],
        failedReleases: [],
      });
      const someone = await foldOne(made.journal, actor('someone', tenant));
      expect(someone.entries.map((entry) => (entry.kind === 'signal' ? entry.context : null))).toEqual([
        incident('INC-2'),
      ]);
      const third = await foldOne(made.journal, actor('a third', tenant));
      expect(third.entries.map((entry) => 'context' in entry)).toEqual([false]);
    });

    test('a failed release is there until the next, with names that hold anything', async () => {
      const tenant = randomUUID();
      const release = (open: boolean): ContextEvent => ({
        id: '["a\u0000\ud800\"",null]',
        kind: 'release',
        open,
        repo: 'org/x"\\',
        severity: 'info',
      });
      await said(tenant, '', made.nowMs - DAY, release(true));
      const { failedReleases } = await made.source().load(tenant);
      expect(failedReleases).toMatchObject([{ repo: 'org/x"\\', lastMs: made.nowMs - DAY }]);
      await said(tenant, 'releaser', made.nowMs - 1, release(false));
      expect((await made.source().load(tenant)).failedReleases).toEqual([]);
    });

    test('what was loaded is at hand', async () => {
      const source = made.source();
      const tenant = randomUUID();
      const loaded = await source.load(tenant);
      expect(source.current(tenant)).toEqual(loaded);
    });
  });
};
