import { expect, test } from '@jest/globals';
import { type CursorStore, setCursor } from '../../../src/admin/commands/set-cursor.ts';
import { judgeShard, type ShardReport } from '../../../src/admin/queries/judge-shard.ts';

const reportOf = (next: bigint, upto: bigint, cursor: bigint | null): ShardReport => {
  const at = { shard: 1, epoch: 4n, nextNumber: next, publishedUpto: upto, timelineMoved: false };
  return judgeShard(at, cursor, at);
};

const given = (facts: { report?: ShardReport | null; runs?: boolean; fails?: Error; kept?: boolean }) => {
  const did: string[] = [];
  const store: CursorStore = {
    report: async () => (facts.report === undefined ? reportOf(50n, 40n, null) : facts.report),
    mayRun: async () => facts.runs === true,
    audit: async (what, { to, reason }, from) => void did.push(`${what} ${from ?? 'none'} -> ${to} ${reason}`),
    forgetPublished: async (shard, to) => {
      did.push(`forget ${shard} ${to}`);
      return facts.kept ?? true;
    },
    commit: async (shard, cursor) => {
      if (facts.fails !== undefined) throw facts.fails;
      did.push(`commit ${shard} ${cursor}`);
    },
  };
  const run = async (to: bigint, publishAgain = false) =>
    await setCursor(store, { shard: 1, to, reason: 'why', who: 'me', publishAgain });
  return { did, run };
};

test('a lost cursor is set, the audit first', async () => {
  const { did, run } = given({});
  await expect(run(45n)).resolves.toBeNull();
  expect(did).toEqual(['outbox_cursor_set none -> 45 why', 'commit 1 45']);
});

test('a shard that stands already may be mended while engines run', async () => {
  const { did, run } = given({ runs: true });
  await run(40n);
  expect(did).toHaveLength(2);
});

test.each([
  ['a session may run', { report: reportOf(50n, 40n, 41n), runs: true }, 45n, 'CONFLICT'],
  ['sent again for certain', {}, 39n, 'CONFLICT'],
  ['never numbered', {}, 50n, 'CONFLICT'],
  ['no such shard', { report: null }, 45n, 'RESOURCE_NOT_FOUND'],
  ['the database went back', { report: reportOf(50n, 40n, 60n) }, 45n, 'DATABASE_WENT_BACK'],
])('%s: refused, nothing is done', async (_name, facts, to, code) => {
  const { did, run } = given(facts);
  await expect(run(to)).rejects.toMatchObject({ code });
  expect(did).toEqual([]);
});

test('a cursor that could not be committed says so in the audit', async () => {
  const { did, run } = given({ fails: new Error('away') });
  await expect(run(45n)).rejects.toThrow('away');
  expect(did).toEqual(['outbox_cursor_set none -> 45 why', 'outbox_cursor_set_failed none -> 45 why']);
});

test('what the log lost is published again: what is known to be published goes down before the cursor does', async () => {
  const { did, run } = given({});
  await run(30n, true);
  expect(did).toEqual(['outbox_cursor_set none -> 30 why', 'forget 1 30', 'commit 1 30']);
});

test('a number that needs no row again forgets nothing', async () => {
  const { did, run } = given({});
  await run(45n, true);
  expect(did).toEqual(['outbox_cursor_set none -> 45 why', 'commit 1 45']);
});

test('rows that are gone can not be published again: refused, the cursor stays', async () => {
  const { did, run } = given({ kept: false });
  await expect(run(30n, true)).rejects.toMatchObject({ code: 'OUTBOX_GAP' });
  expect(did).toEqual(['outbox_cursor_set none -> 30 why', 'forget 1 30', 'outbox_cursor_set_failed none -> 30 why']);
});

test('it is no way round a running session or a database that went back', async () => {
  const running = given({ report: reportOf(50n, 40n, 41n), runs: true });
  await expect(running.run(30n, true)).rejects.toMatchObject({ code: 'CONFLICT' });
  const back = given({ report: reportOf(50n, 40n, 60n) });
  await expect(back.run(30n, true)).rejects.toMatchObject({ code: 'DATABASE_WENT_BACK' });
  expect([...running.did, ...back.did]).toEqual([]);
});
