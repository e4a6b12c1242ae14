import { expect, test } from '@jest/globals';
import { createCelCompiler } from '../../../src/adapters/cel/cel-compiler.ts';
import { emptyState } from '../../../src/domain/actor-state.ts';
import { recentOf } from '../../../src/domain/playbook/recent.ts';
import { aSignal, HOUR, NOON } from '../../domain/decision/given.ts';

const compiler = createCelCompiler();
const textsOf = (source: string): string[] => compiler.termsOf(source).map(({ text }) => text);

test.each([
  ['signal.payload.a == 0', ['signal.payload.a == 0']],
  [
    'signal.payload.a == 0 && (has(signal.branch) || !context.on_call)',
    ['signal.payload.a == 0', 'has(signal.branch)', 'context.on_call'],
  ],
  ['(1 + 2) * 3 > 4 && ((true))', ['(1 + 2) * 3 > 4', 'true']],
  ['((signal.payload.a)) >= ((3))', ['((signal.payload.a)) >= ((3))']],
  ['signal.branch == "a) && (b" || size(")") == 1', ['signal.branch == "a) && (b"', 'size(")") == 1']],
  ['actor.roles.exists(r, r == "a" && r != "b")', ['actor.roles.exists(r, r == "a" && r != "b")']],
  ['context.on_call ? signal.payload.a > 1 : false', ['context.on_call', 'signal.payload.a > 1', 'false']],
  ['not a condition', []],
])('the terms of %s', (source, terms) => {
  expect(textsOf(source)).toEqual(terms);
  for (const { start, end, text } of compiler.termsOf(source)) {
    expect(source.slice(start, end)).toBe(text);
    // Each can be written otherwise in its place, and the whole still compiles.
    for (const other of ['true', 'false']) {
      expect(compiler.compile(source.slice(0, start) + other + source.slice(end))).toMatchObject({ ok: true });
    }
  }
});

test('a comparison with a number is told with the number on the right, wherever it stands', () => {
  const [left, right, none] = compiler.termsOf(
    '3 <= (signal.payload.a + 1) && signal.payload.b != 2.5 && "x" == signal.branch',
  );
  expect(left!.comparison).toEqual({ operator: '>=', other: 'signal.payload.a + 1', number: 3, start: 0, end: 1 });
  expect(right!.comparison).toMatchObject({ operator: '!=', other: 'signal.payload.b', number: 2.5 });
  expect(none!.comparison).toBeNull();
});

test('what an expression gives: plain values, durations in milliseconds, nothing for what fails', () => {
  const signal = aSignal({ payload: { a: 2, title: 'x' }, branch: null });
  const entry = { atMs: NOON - 2 * HOUR, type: 'pr_opened', repo: null, branch: null, file: null, subject: null };
  const context = {
    repo_id: null,
    branch: null,
    file_path: null,
    incident_active: false,
    freeze_active: false,
    on_call: true,
    release_failed: false,
  };
  const environment = {
    ...{ signal, context, actor: { id: 'dev1', type: 'human', roles: [] } },
    recent: recentOf({ ...emptyState(null), recent: [entry] }, signal),
  };
  const value = (source: string): unknown => compiler.valueOf(source, environment);
  expect(value('signal.payload.a + 1')).toBe(3);
  expect(value('size(signal.payload.title)')).toBe(1);
  expect(value('context.on_call')).toBe(true);
  expect(value('recent.since("pr_opened")')).toBe(2 * HOUR);
  expect(value('recent.since("pr_merged")')).toBeNull();
  expect(value('signal.payload.absent')).toBeUndefined();
  expect(value('signal.payload')).toBeUndefined();
  expect(value('no such thing')).toBeUndefined();
});
