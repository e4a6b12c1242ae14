import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type RecentSignal, emptyState } from '../../../src/domain/actor-state.ts';
import type { SameField } from '../../../src/domain/playbook/condition.ts';
import { recentOf, recentSignalOf } from '../../../src/domain/playbook/recent.ts';
import { matchesEventType } from '../../../src/domain/playbook/trigger-match.ts';
import { DAY, HOUR, NOON, aSignal } from '../decision/given.ts';

const entry = (change: Partial<RecentSignal>): RecentSignal => ({
  atMs: NOON - HOUR,
  type: 'commit_pushed',
  repo: 'org/app',
  branch: null,
  file: null,
  subject: null,
  ...change,
});
const stateOf = (recent: readonly RecentSignal[]) => ({ ...emptyState(null), recent });

describe('windows', () => {
  test('this signal is counted, once', () => {
    expect(recentOf(stateOf([]), aSignal()).count('commit_pushed', HOUR, null)).toBe(1);
    expect(recentOf(stateOf([]), aSignal()).count('pr_merged', HOUR, null)).toBe(0);
  });
  test('the window is open at its start and closed at its end', () => {
    const recent = recentOf(
      stateOf([entry({ atMs: NOON - DAY }), entry({ atMs: NOON - DAY + 1 }), entry({ atMs: NOON })]),
      aSignal(),
    );
    expect(recent.count('commit_pushed', DAY, null)).toBe(3);
  });
  test('what happened later but arrived earlier is not there', () => {
    const recent = recentOf(stateOf([entry({ atMs: NOON + 1 })]), aSignal());
    expect(recent.count('commit_pushed', DAY, null)).toBe(1);
    expect(recent.since('commit_pushed', null)).toBeNull();
    expect(recent.signals).toHaveLength(1);
  });
  test('counts saturate at 512', () => {
    const full = Array.from({ length: 512 }, (_, at) => entry({ atMs: NOON - 512 + at }));
    expect(recentOf(stateOf(full), aSignal()).count('*', DAY, null)).toBe(512);
  });
  test('a re-entry is not counted and is not remembered', () => {
    const due = aSignal({ source: 'mmm', event_type: 'mmm.deferral_due' });
    expect(recentSignalOf(due)).toBeNull();
    expect(recentOf(stateOf([]), due).count('*', DAY, null)).toBe(0);
    expect(recentOf(stateOf([]), due).signals).toEqual([]);
  });
});

describe('same', () => {
  const signal = aSignal({ file_path: 'a.ts', branch: null, payload: {} });
  test('one file is the file of one repository', () => {
    const recent = recentOf(
      stateOf([entry({ file: 'a.ts' }), entry({ file: 'a.ts', repo: 'org/other' }), entry({ file: 'b.ts' })]),
      signal,
    );
    expect(recent.count('commit_pushed', DAY, 'file')).toBe(2);
    expect(recent.distinct('file', 'commit_pushed', DAY)).toBe(3);
  });
  test('what the signal does not say is the same as nothing', () => {
    expect(recentOf(stateOf([entry({})]), signal).count('commit_pushed', DAY, 'branch')).toBe(0);
  });
  test('since takes the newest earlier one', () => {
    const recent = recentOf(stateOf([entry({ atMs: NOON - DAY, file: 'a.ts' }), entry({})]), signal);
    expect(recent.since('commit_*', null)).toBe(HOUR);
    expect(recent.since('commit_*', 'file')).toBe(DAY);
    expect(recent.since('pr_merged', null)).toBeNull();
  });
});

test('count and distinct say what a plain scan says', () => {
  const word = (...words: string[]): fc.Arbitrary<string | null> => fc.option(fc.constantFrom(...words), { nil: null });
  const signals = fc.array(
    fc.record({
      atMs: fc.integer({ min: NOON - 40, max: NOON + 5 }),
      type: fc.constantFrom('commit_pushed', 'commit_created', 'pr_merged'),
      repo: word('org/app', 'org/web'),
      branch: word('main', 'dev'),
      file: word('a.ts', 'b.ts'),
      subject: word('s'),
    }),
  );
  const fields = fc.constantFrom<SameField>('repo', 'branch', 'file', 'subject');
  fc.assert(
    fc.property(
      signals,
      fields,
      fc.constantFrom('commit_*', 'pr_merged', '*'),
      fc.integer({ min: 1, max: 50 }),
      (past, field, type, window) => {
        const signal = aSignal({ file_path: 'a.ts' });
        const own = recentSignalOf(signal)!;
        const state = stateOf([...past].sort((a, b) => a.atMs - b.atMs));
        const keyOf = (one: RecentSignal): string | null =>
          one[field] === null
            ? null
            : JSON.stringify([field === 'branch' || field === 'file' ? one.repo : '', one[field]]);
        const seen = [...past, own].filter(
          (one) => one.atMs > NOON - window && one.atMs <= NOON && matchesEventType(type, one.type),
        );
        const recent = recentOf(state, signal);
        // Asked once before in each way: the answer of one question is not that of another.
        for (const asked of ['commit_*', 'pr_merged', '*']) {
          recent.count(asked, window, null);
          recent.count(asked, window, field);
          recent.distinct(field, asked, window);
          recent.count(asked, window + 1, null);
        }
        expect(recent.count(type, window, null)).toBe(seen.length);
        expect(recent.count(type, window, field)).toBe(
          seen.filter((one) => keyOf(one) !== null && keyOf(one) === keyOf(own)).length,
        );
        expect(recent.distinct(field, type, window)).toBe(new Set(seen.map(keyOf).filter((key) => key !== null)).size);
        expect(recent.count('*', DAY, null)).toBe(recent.signals.length);
      },
    ),
    { numRuns: 500 },
  );
});
