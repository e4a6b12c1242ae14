import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkSampleRatio, chiSquareP } from '../../../src/domain/experiment/sample-ratio.ts';
import { anArm, anExperiment } from './given.ts';

const halves = anExperiment({ arms: [anArm('a', 0.5, 3), anArm('b', 0.5, 4)] });
const counted = (a: number, b: number) =>
  checkSampleRatio(halves, [
    { arm: 'a', units: a },
    { arm: 'b', units: b },
  ]);

// Tables of the chi-square distribution.
test.each([
  [3.841458820694124, 1, 0.05],
  [10.827566170662733, 1, 0.001],
  [5.991464547107979, 2, 0.05],
  [13.815510557964274, 2, 0.001],
  [24.321886347856854, 7, 0.001],
  [0.0039321400000195, 1, 0.95],
  [0, 3, 1],
])('the chance of %p or more at %p degrees of freedom is %p', (statistic, degrees, p) => {
  expect(chiSquareP(statistic, degrees)).toBeCloseTo(p, 10);
});

test('it falls with the statistic and stays a chance', () => {
  const statistic = fc.double({ min: 0, max: 500, noNaN: true });
  fc.assert(
    fc.property(statistic, statistic, fc.integer({ min: 1, max: 7 }), (one, other, degrees) => {
      const [low, high] = [Math.min(one, other), Math.max(one, other)].map((x) => chiSquareP(x, degrees));
      expect(high).toBeLessThanOrEqual(low! + 1e-12);
      expect(low).toBeLessThanOrEqual(1);
      expect(high).toBeGreaterThanOrEqual(0);
    }),
  );
});

test('counts as the weights say fit; counts that chance gives less than once in a thousand are off', () => {
  expect(counted(510, 490).verdict).toBe('fits');
  // (552 - 500)^2 / 500 twice is 10.8: just below the bound; 553 is above it.
  expect(counted(552, 448)).toMatchObject({ verdict: 'fits' });
  expect(counted(553, 447)).toMatchObject({ verdict: 'off' });
});

test('with fewer than five expected in an arm nothing is said', () => {
  expect(counted(9, 0).verdict).toBe('too_few');
  expect(counted(10, 0).verdict).toBe('fits');
  expect(counted(11, 0).verdict).toBe('off');
});

test('units under an arm that the experiment does not have are off at once', () => {
  expect(checkSampleRatio(halves, [{ arm: 'gone', units: 1 }])).toMatchObject({ verdict: 'off', p: 0 });
});
