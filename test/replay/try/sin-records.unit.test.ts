import { expect, test } from '@jest/globals';
import type { Commit, HistorySource, HistorySummary } from '../../../src/replay/try/history.ts';
import { type CommitRecords, sinRecordsOf } from '../../../src/replay/try/sin-records.ts';

const DAY_MS = 86_400_000;
const commit = (id: string, change: Partial<Commit> = {}): Commit => ({
  id,
  parents: [],
  authorName: 'Ann',
  authorEmail: 'ann@example.org',
  zone: '+00:00',
  committedAtMs: 1_700_000_000_000,
  subject: 'change',
  files: [],
  ...change,
});
const file = (path: string, insertions = 1, deletions = 0): Commit['files'][number] => ({
  path,
  insertions,
  deletions,
});

interface Envelope {
  readonly signal_id: string;
  readonly actor_id: string;
  readonly signal_type: string;
  readonly occurred_at: string;
  readonly resource: Record<string, string>;
  readonly payload: Record<string, unknown>;
}

const recordsOf = async (
  commits: readonly Commit[],
  summary: Partial<HistorySummary> = {},
): Promise<(CommitRecords & { signals: Envelope[] })[]> => {
  const history: HistorySource = {
    summary: {
      name: 'app',
      commits: commits.length,
      rootId: 'r',
      bare: false,
      shallow: false,
      cutOff: new Set(),
      ...summary,
    },
    commits: async function* () {
      yield* commits;
    },
  };
  const all: (CommitRecords & { signals: Envelope[] })[] = [];
  for await (const records of sinRecordsOf(history, { tenantId: 't', pseudonymOf: (who) => `p:${who}` })) {
    all.push({ ...records, signals: records.envelopes as Envelope[] });
  }
  return all;
};

test('a plain commit: one commit_pushed with its counts, one file_edited for each source file', async () => {
  const files = [
    file('src/a.ts', 3, 1),
    file('test/a.test.ts', 2),
    file('package-lock.json', 90),
    file('README.md', 1),
    file('docs/conf.py', 4),
  ];
  const [one] = await recordsOf([commit('c1', { subject: 'Fix the case', files, zone: '+05:30' })]);
  expect(one!.signals.map(({ signal_type, signal_id }) => [signal_type, signal_id])).toEqual([
    ['commit_pushed', 'c1-commit'],
    ['file_edited', 'c1-file-0'],
  ]);
  expect(one!.signals[0]!.payload).toEqual({
    actor_type: 'human',
    files_changed: 5,
    source_files: 1,
    test_files: 1,
    generated_files: 1,
    insertions: 100,
    deletions: 1,
    is_fix: true,
    is_revert: false,
  });
  expect(one!.signals[1]).toMatchObject({
    actor_id: 'p:ann@example.org',
    resource: { file_path: 'src/a.ts', repository: 'app', commit: 'c1' },
    payload: { is_fix: true, is_revert: false },
  });
});

test('only the first 50 source files are told one by one', async () => {
  const files = Array.from({ length: 60 }, (_, index) => file(`src/${index}.ts`));
  const [one] = await recordsOf([commit('c1', { files })]);
  expect(one!.signals).toHaveLength(51);
  expect(one!.signals[0]!.payload['source_files']).toBe(60);
});

test('a merge: one pr_merged with what it brought', async () => {
  const at = (days: number): number => 1_700_000_000_000 + days * DAY_MS;
  const all = await recordsOf([
    commit('base', { committedAtMs: at(0) }),
    commit('b1', { parents: ['base'], committedAtMs: at(1) }),
    commit('m1', { parents: ['base'], committedAtMs: at(2) }),
    commit('b2', { parents: ['b1'], committedAtMs: at(3) }),
    commit('merge', { parents: ['m1', 'b2'], committedAtMs: at(41.5) }),
  ]);
  expect(all[4]!.signals).toMatchObject([{ signal_type: 'pr_merged', payload: { branch_age_days: 40, commits: 2 } }]);
});

test('dates never decrease, and a revert of a fix is a revert', async () => {
  const all = await recordsOf([
    commit('c1', { committedAtMs: 5_000, files: [file('a.ts')] }),
    commit('c2', { committedAtMs: 1_000, parents: ['c1'], subject: 'Revert "Fix the case"', files: [file('a.ts')] }),
  ]);
  expect(all.map(({ atMs }) => atMs)).toEqual([5_000, 5_000]);
  expect(all[1]!.signals[0]).toMatchObject({
    occurred_at: '1970-01-01T00:00:05.000Z',
    payload: { is_revert: true, is_fix: false },
  });
});

test('people are told apart by address in any case, without one by name; bots are services', async () => {
  const all = await recordsOf([
    commit('c1', { authorEmail: 'Ann@Example.org' }),
    commit('c2', { authorEmail: '', authorName: 'Bob' }),
    commit('c3', { authorEmail: ' ', authorName: 'Eve' }),
    commit('c4', { authorName: 'dependabot[bot]' }),
  ]);
  expect(all.map(({ actorId }) => actorId)).toEqual([
    'p:ann@example.org',
    'p:name:bob',
    'p:name:eve',
    'p:ann@example.org',
  ]);
  expect(all.map(({ signals }) => signals[0]!.payload['actor_type'])).toEqual(['human', 'human', 'human', 'service']);
});

test('a first contribution is one to a repository that was there, once, and unknown in a shallow clone', async () => {
  const commits = [
    commit('c1'),
    commit('c2', { parents: ['c1'], authorEmail: 'new@example.org' }),
    commit('c3', { parents: ['c2'], authorEmail: 'new@example.org' }),
  ];
  const firsts = (all: { signals: Envelope[] }[]): unknown[] =>
    all.map(({ signals }) => signals[0]?.payload['is_first_contribution']);
  expect(firsts(await recordsOf(commits))).toEqual([undefined, true, undefined]);
  expect(firsts(await recordsOf(commits, { shallow: true }))).toEqual([undefined, undefined, undefined]);
});

test('what a shallow clone cut off is not told as if one commit had made everything', async () => {
  const all = await recordsOf([commit('c1', { files: [file('a.ts')] }), commit('c2', { parents: ['c1'] })], {
    shallow: true,
    cutOff: new Set(['c1']),
  });
  expect(all.map(({ signals }) => signals.length)).toEqual([0, 1]);
});
