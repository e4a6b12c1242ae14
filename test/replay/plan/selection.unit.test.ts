import { expect, test } from '@jest/globals';
import type { SignalEntry } from '../../../src/domain/actor-state.ts';
import { lineFilter, type Selection } from '../../../src/replay/plan/selection.ts';
import type { RecordedLine } from '../../../src/replay/recorded-history.ts';
import { aSignal } from '../../domain/decision/given.ts';

const ALL: Selection = {
  ...{ fromMs: 100, toMs: 200, actorId: null, playbookId: null, offsets: null, deadLetters: null },
};
const entry = (change: Partial<SignalEntry> = {}): SignalEntry => ({
  ...{ kind: 'signal', version: 1, signalId: 's1', decisionId: null, result: 'no_match', atMs: 0, decidedAtMs: 150 },
  ...{ recent: null, sent: [], chain: '' },
  ...change,
});
const line = (change: Partial<SignalEntry> = {}, more: Partial<RecordedLine> = {}): RecordedLine => ({
  ...{ actorId: 'dev1', entry: entry(change), read: null },
  signal: JSON.stringify(aSignal({ origin: { topic: 'mmm.triggers', partition: 2, offset: '10' } })),
  ...more,
});
const selects = (change: Partial<Selection>, one: RecordedLine, ofRange: ReadonlySet<string> | null = null): boolean =>
  lineFilter({ ...ALL, ...change }, ofRange)(one);

test('by time: from, including, to, excluding', () => {
  for (const [decidedAtMs, is] of [
    [99, false],
    [100, true],
    [199, true],
    [200, false],
  ] as const)
    expect([decidedAtMs, selects({}, line({ decidedAtMs }))]).toEqual([decidedAtMs, is]);
});

test('by actor, and never an outcome', () => {
  expect(selects({ actorId: 'dev1' }, line())).toBe(true);
  expect(selects({ actorId: 'dev2' }, line())).toBe(false);
  const outcome = {
    kind: 'outcome',
    decidedAtMs: 150,
    version: 1,
    atMs: 0,
    dismissal: null,
    chain: '',
  } as unknown as SignalEntry;
  expect(selects({}, { ...line(), entry: outcome })).toBe(false);
});

test('by offset of the raw topic that it came from, also out of what its decision read', () => {
  const range = { topic: 'mmm.triggers', partition: 2, from: '10', to: '11' } as const;
  expect(selects({ offsets: range }, line())).toBe(true);
  for (const other of [
    { from: '11', to: '20' },
    { from: '0', to: '10' },
    { partition: 1 },
    { topic: 'release.events' as const },
  ])
    expect(selects({ offsets: { ...range, ...other } }, line())).toBe(false);
  const signal = aSignal({ origin: { topic: 'mmm.triggers', partition: 2, offset: '10' } });
  expect(selects({ offsets: range }, line({}, { signal: null, read: JSON.stringify({ signal }) }))).toBe(true);
  expect(selects({ offsets: range }, line({}, { signal: null }))).toBe(false);
});

test('by offset of mmm.signals: by the ids that stand there', () => {
  const offsets = { topic: 'mmm.signals', partition: 0, from: '5', to: '6' } as const;
  expect(selects({ offsets }, line(), new Set(['s1']))).toBe(true);
  expect(selects({ offsets }, line(), new Set(['s2']))).toBe(false);
});
