import { beforeAll, expect, test } from '@jest/globals';
import { createCelCompiler } from '../../src/adapters/cel/cel-compiler.ts';
import { STARTER_FOLDER, readPlaybookFiles } from '../../src/adapters/files/playbook-files.ts';
import { type RecentSignal, emptyState } from '../../src/domain/actor-state.ts';
import { compileRules } from '../../src/domain/compile-rules.ts';
import { plan } from '../../src/domain/decision/plan.ts';
import type { TenantRules } from '../../src/domain/rules.ts';
import type { MmmSignalInput } from '../../src/generated/records.ts';
import { DAY, NOON, aSignal, ids } from '../domain/decision/given.ts';

let rules: TenantRules;
beforeAll(async () => {
  const playbooks = (await readPlaybookFiles(STARTER_FOLDER)).flatMap((file) =>
    file.ok ? [{ document: file.document, version: 1 }] : [],
  );
  const policy = { id: 'acme', unknown_actors: 'allow', quiet_hours: { start: 0, end: 0 } };
  const compiled = compileRules({ policy, policyVersion: 1, playbooks, conditions: createCelCompiler(), ids });
  if (!compiled.ok || compiled.skipped.length > 0) throw new Error(JSON.stringify(compiled));
  rules = compiled.rules;
});

/** What is said, as title and body on the first surface, by playbook. */
const saidAt = (signal: MmmSignalInput, recent: readonly RecentSignal[] = []): readonly (readonly string[])[] => {
  const state = { ...emptyState(null), recent };
  const context = { incidentActive: false, freezeActive: false, onCall: false };
  return plan({ signal, state, rules, context, decidedAtMs: NOON, ids }).actions.map(({ playbookId, payloads }) => [
    playbookId,
    payloads.ide?.title ?? '',
    payloads.ide?.body.split('\n\n')[0] ?? '',
  ]);
};
const COMMIT = {
  files_changed: 6,
  source_files: 5,
  test_files: 0,
  generated_files: 0,
  insertions: 90,
  deletions: 4,
  is_fix: false,
  is_revert: false,
};
const commit = (change: object = {}): MmmSignalInput =>
  aSignal({ branch: null, commit: 'c1', payload: { ...COMMIT, ...change } });
const edit = (payload: MmmSignalInput['payload']): MmmSignalInput =>
  aSignal({ event_type: 'file_edited', branch: null, file_path: 'src/a.ts', payload });
const merge = (payload: MmmSignalInput['payload']): MmmSignalInput =>
  aSignal({ event_type: 'pr_merged', branch: null, payload });
const earlier = (type: string, count: number): readonly RecentSignal[] =>
  Array.from({ length: count }, (_, at) => ({
    atMs: NOON - DAY - (count - at) * 1000,
    type,
    repo: 'org/app',
    branch: null,
    file: type === 'file_edited' ? 'src/a.ts' : null,
    subject: null,
  }));

test('a source change without tests, in a stretch of work', () => {
  expect(saidAt(commit(), earlier('commit_pushed', 2))).toEqual([
    [
      'source-without-tests',
      '5 source files changed, no test file among them',
      'This commit adds 90 lines. It is one of 3 commits of yours seen in this repository in 7 days.',
    ],
  ]);
  expect(saidAt(commit({ test_files: 1 }), earlier('commit_pushed', 2))).toEqual([]);
  expect(saidAt(commit(), earlier('commit_pushed', 1))).toEqual([]);
});

test('a very large change has one card, without tests too', () => {
  const large = { source_files: 30, files_changed: 30, insertions: 1200 };
  expect(saidAt(commit(large), earlier('commit_pushed', 5))).toEqual([
    [
      'large-change',
      'A large change: 30 files in one commit',
      expect.stringContaining('1200 lines added and 4 removed.'),
    ],
  ]);
  expect(saidAt(commit({ ...large, generated_files: 20 }), earlier('commit_pushed', 5))).toEqual([]);
});

test('a revert of a file under work', () => {
  expect(saidAt(edit({ is_fix: false, is_revert: true }), earlier('file_edited', 2))).toEqual([
    [
      'file-reverted',
      'src/a.ts is part of a revert',
      'You have edited this file 3 times in 30 days, this commit included. The edit before this one was 1 day ago.',
    ],
  ]);
  expect(saidAt(edit({ is_fix: false, is_revert: true }), earlier('file_edited', 1))).toEqual([]);
});

test('fix upon fix on one file', () => {
  expect(saidAt(edit({ is_fix: true, is_revert: false }), earlier('file_edited', 4))).toEqual([
    [
      'repeated-fix',
      'Another fix in src/a.ts',
      expect.stringContaining('This is your edit number 5 of the file in 7 days.'),
    ],
  ]);
  expect(saidAt(edit({ is_fix: false, is_revert: false }), earlier('file_edited', 9))).toEqual([]);
});

test('a long-lived branch merged late, by someone who does not merge every few days', () => {
  const late = merge({ branch_age_days: 41, commits: 12 });
  expect(saidAt(late)).toEqual([
    ['late-merge', 'Merged: a branch that was open for 41 days', 'It brought 12 commits to the main line.'],
  ]);
  expect(saidAt(late, earlier('pr_merged', 3))).toEqual([]);
  expect(saidAt(merge({ branch_age_days: 29, commits: 12 }))).toEqual([]);
});

test('a first contribution is welcomed, once, and only if the publisher says that it is one', () => {
  const first = commit({ is_first_contribution: true, source_files: 40, files_changed: 40, insertions: 5000 });
  expect(saidAt(first)).toEqual([
    [
      'welcome',
      'Welcome, and thank you for your first commit here',
      'Files changed: 40. Lines added: 5000, removed: 4.',
    ],
  ]);
  expect(saidAt(commit({ is_first_contribution: false }))).toEqual([]);
  expect(saidAt(commit())).toEqual([]);
  expect(saidAt(first, earlier('commit_pushed', 1))).toEqual([]);
});
