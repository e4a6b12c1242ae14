import { expect, test } from '@jest/globals';
import { planSubject } from '../../../src/admin/commands/plan-schemas.ts';

const planned = (held: readonly boolean[], compatibility: string | null = 'BACKWARD'): string[] =>
  planSubject({
    subject: 's',
    versions: held.map((there, at) => ({ version: at + 1, held: there })),
    compatibility,
  }).map(({ kind, version }) => `${kind} ${version}`);

test('a new subject gets every version in order, and the rule last', () => {
  expect(planned([false, false], null)).toEqual(['register 1', 'register 2', 'set-compatibility 2']);
});

test('only what is missing after the highest held version', () => {
  expect(planned([true, false])).toEqual(['ok 1', 'register 2']);
});

test('an earlier version is never registered after a later one: it would become the latest', () => {
  expect(planned([false, true])).toEqual(['ok 1', 'ok 2']);
});

test('another rule is set', () => {
  expect(planned([true], 'NONE')).toEqual(['ok 1', 'set-compatibility 1']);
});

test('nothing to do', () => {
  expect(planned([true, true])).toEqual(['ok 1', 'ok 2']);
});
