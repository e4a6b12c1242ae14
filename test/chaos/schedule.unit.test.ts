import { expect, test } from '@jest/globals';
import { FAULTS } from './faults/all-faults.ts';
import type { Fault } from './faults/fault.ts';
import { schedule } from './schedule.ts';

/** The names that a run of so many seconds takes, each fault as long as it says. */
const namesIn = (seed: number, faults: readonly Fault[], seconds: number): string[] => {
  let left = seconds;
  const names: string[] = [];
  for (const fault of schedule(seed, faults, () => left)) {
    names.push(fault.name);
    left -= fault.seconds;
  }
  return names;
};

test('a seed gives one order, another seed another', () => {
  expect(namesIn(1, FAULTS, 300)).toEqual(namesIn(1, FAULTS, 300));
  expect(namesIn(2, FAULTS, 300)).not.toEqual(namesIn(1, FAULTS, 300));
});

test('every fault comes before any comes again', () => {
  const all = FAULTS.reduce((sum, { seconds }) => sum + seconds, 0);
  const names = namesIn(3, FAULTS, 2 * all);
  expect(new Set(names.slice(0, FAULTS.length)).size).toBe(FAULTS.length);
});

test('nothing is begun that does not fit, and a short run still has the short faults', () => {
  const names = namesIn(4, FAULTS, 20);
  expect(names.length).toBeGreaterThan(0);
  const taken = names.map((name) => FAULTS.find((fault) => fault.name === name)!.seconds);
  expect(taken.reduce((sum, seconds) => sum + seconds, 0)).toBeLessThanOrEqual(20);
});

test('each fault has a name of its own', () => {
  expect(new Set(FAULTS.map(({ name }) => name)).size).toBe(FAULTS.length);
});
