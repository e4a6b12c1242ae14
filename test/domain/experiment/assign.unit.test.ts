import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { uuidIds } from '../../../src/adapters/ids/uuid-ids.ts';
import { assignArm } from '../../../src/domain/experiment/assign.ts';
import type { Arm } from '../../../src/domain/experiment/experiment.ts';
import { anArm, anExperiment } from './given.ts';

const assigned = (arms: readonly Arm[], unit: string, id = 'shorter-text'): string =>
  assignArm(uuidIds, 'acme', anExperiment({ id, arms }), unit).name;
const units = Array.from({ length: 4_000 }, (_, n) => `dev${n}`);

const NAMES = ['a', 'b', 'c', 'd', 'e'];
const weights = fc
  .array(fc.integer({ min: 1, max: 60 }), { minLength: 2, maxLength: 5 })
  .map((parts) => parts.map((part, at) => anArm(NAMES[at]!, part / parts.reduce((sum, one) => sum + one, 0), at + 1)));
const weightOf = (arms: readonly Arm[], name: string): number => arms.find((arm) => arm.name === name)?.weight ?? 0;

describe('assignment', () => {
  test('is the same for ever, whatever the order of the arms', () => {
    const arms = [anArm('a', 0.5), anArm('b', 0.3), anArm('c', 0.2)];
    expect(
      units
        .slice(0, 12)
        .map((unit) => assigned(arms, unit))
        .join(''),
    ).toBe('bacabbaaabba');
    fc.assert(
      fc.property(weights, fc.string(), (drawn, unit) => {
        expect(assigned(drawn.toReversed(), unit)).toBe(assigned(drawn, unit));
      }),
    );
  });

  test('gives each arm its share of the units', () => {
    const arms = [anArm('a', 0.5), anArm('b', 0.3), anArm('c', 0.2)];
    for (const { name, weight } of arms) {
      const share = units.filter((unit) => assigned(arms, unit) === name).length / units.length;
      // Five standard deviations of 4,000 draws.
      expect(Math.abs(share - weight)).toBeLessThan(5 * Math.sqrt((weight * (1 - weight)) / units.length));
    }
  });

  test('of two experiments are independent of each other, and so are those of two tenants', () => {
    const arms = [anArm('a', 0.5), anArm('b', 0.5)];
    const both = units.filter((unit) => assigned(arms, unit) === 'a' && assigned(arms, unit, 'other') === 'a').length;
    expect(Math.abs(both / units.length - 0.25)).toBeLessThan(5 * Math.sqrt((0.25 * 0.75) / units.length));
    const elsewhere = (unit: string): string => assignArm(uuidIds, 'other', anExperiment({ arms }), unit).name;
    const same = units.filter((unit) => elsewhere(unit) === assigned(arms, unit)).length;
    expect(Math.abs(same / units.length - 0.5)).toBeLessThan(5 * Math.sqrt(0.25 / units.length));
  });
});

describe('is sticky under other weights', () => {
  test('a unit moves from one arm to another only if the weight of the other grew by a larger factor', () => {
    let moved = 0;
    fc.assert(
      fc.property(weights, weights, fc.array(fc.uuid(), { minLength: 5, maxLength: 20 }), (before, after, drawn) => {
        const arms = after.filter(({ name }) => weightOf(before, name) > 0);
        for (const unit of drawn) {
          const [from, to] = [assigned(before, unit), assigned(arms, unit)];
          if (from === to || weightOf(arms, from) === 0) continue;
          moved += 1;
          expect(weightOf(arms, to) / weightOf(before, to)).toBeGreaterThan(
            weightOf(arms, from) / weightOf(before, from),
          );
        }
      }),
    );
    expect(moved).toBeGreaterThan(50);
  });

  test('between two arms only the difference moves, and only one way', () => {
    const [before, after] = [
      [anArm('a', 0.5), anArm('b', 0.5)],
      [anArm('a', 0.6), anArm('b', 0.4)],
    ];
    const moves = units
      .map((unit) => assigned(before, unit) + assigned(after, unit))
      .filter((pair) => pair[0] !== pair[1]);
    expect(new Set(moves)).toEqual(new Set(['ba']));
    expect(Math.abs(moves.length / units.length - 0.1)).toBeLessThan(5 * Math.sqrt(0.09 / units.length));
  });

  test('an arm that is added takes its units from the others, and nobody else moves', () => {
    const before = [anArm('a', 0.5), anArm('b', 0.5)];
    const after = [anArm('a', 0.45), anArm('b', 0.45), anArm('c', 0.1)];
    for (const unit of units.slice(0, 1_000)) expect([assigned(before, unit), 'c']).toContain(assigned(after, unit));
  });
});
