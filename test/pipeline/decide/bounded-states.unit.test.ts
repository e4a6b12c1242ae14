import { expect, test } from '@jest/globals';
import { foldEntries } from '../../../src/domain/decision/evolve.ts';
import { BoundedStates } from '../../../src/pipeline/decide/bounded-states.ts';

const empty = foldEntries(null, []);
/** Costs 8 rows, and one for each signal. */
const holding = (signals = 0) => ({
  state: { ...empty, recent: Array.from({ length: signals }, () => null as never) },
});
const kept = (states: BoundedStates<object & { readonly state: typeof empty }>): string =>
  ['a', 'b', 'c'].filter((actor) => states.get(actor) !== undefined).join('');

test('the least recently put or touched go first, once the rows are too many', () => {
  const states = new BoundedStates<ReturnType<typeof holding>>(20);
  states.put('a', holding());
  states.put('b', holding());
  states.trim();
  expect(kept(states)).toBe('ab');
  states.touch('a');
  states.put('c', holding());
  expect(kept(states)).toBe('abc');
  states.trim();
  expect(kept(states)).toBe('ac');
});

test('rows of signals count, those of what was replaced or dropped no more', () => {
  const states = new BoundedStates<ReturnType<typeof holding>>(20);
  states.put('a', holding(12));
  states.put('a', holding());
  states.put('b', holding());
  states.trim();
  expect(kept(states)).toBe('ab');
  states.put('c', holding(4));
  states.drop('c');
  states.trim();
  expect(kept(states)).toBe('ab');
  states.put('c', holding(4));
  states.trim();
  expect(kept(states)).toBe('bc');
  states.clear();
  expect(kept(states)).toBe('');
});
