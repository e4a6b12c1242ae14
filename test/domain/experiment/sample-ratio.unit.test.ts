import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkSampleRatio, chiSquareP, RATIO_P_MIN } from '../../../src/domain/experiment/sample-ratio.ts';
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

test('counts as the weights say fit; what chance gives less than once in a thousand, at one look and over all looks, is off', () => {
  expect(counted(510, 490).verdict).toBe('fits');
  // (553 - 500)^2 / 500 twice is 11.2: off for who looks once, and not for who looks every hour.
  const once = counted(553, 447);
  expect(once.verdict).toBe('fits');
  expect(once.p).toBeLessThan(RATIO_P_MIN);
  expect(once.alwaysValidP).toBeGreaterThan(RATIO_P_MIN);
  expect(counted(580, 420)).toMatchObject({ verdict: 'off' });
});

test('with fewer than five expected in an arm nothing is said', () => {
  expect(counted(9, 0).verdict).toBe('too_few');
  expect(counted(10, 0).verdict).toBe('fits');
  expect(counted(40, 0).verdict).toBe('off');
});

/** Some million draws; a machine that does other things as well takes its time. */
const LIMIT_MS = 60_000;

/** Mulberry32: the same draws in every run. */
const drawsOf = (seed: number) => {
  let at = seed;
  return (): number => {
    at = (at + 0x6d2b79f5) | 0;
    let mixed = Math.imul(at ^ (at >>> 15), 1 | at);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

/** Units come one by one with these chances; how many looks there were until it was off, by each of two rules. Null: never. */
const lookedAt = (seed: number, chance: number, everyUnits: number, looks: number) => {
  const draw = drawsOf(seed);
  let [a, b] = [0, 0];
  let [held, chiSquare]: (number | null)[] = [null, null];
  for (let look = 1; look <= looks && held === null; look += 1) {
    for (let unit = 0; unit < everyUnits; unit += 1) {
      if (draw() < chance) a += 1;
      else b += 1;
    }
    const check = counted(a, b);
    if (check.verdict === 'off') held = look;
    if (check.p !== null && check.p < RATIO_P_MIN) chiSquare ??= look;
  }
  return { held, chiSquare };
};

test(
  'of 1,000 sound experiments, each looked at 60 times, at most one is held; by chi-square alone it would be many more',
  () => {
    const runs = Array.from({ length: 1_000 }, (_, seed) => lookedAt(seed, 0.5, 30, 60));
    expect(runs.filter(({ held }) => held !== null).length).toBeLessThanOrEqual(1);
    expect(runs.filter(({ chiSquare }) => chiSquare !== null).length).toBeGreaterThan(4);
  },
  LIMIT_MS,
);

test(
  'a ratio that is off is found nevertheless: 55 to 45 within 3,000 units',
  () => {
    const runs = Array.from({ length: 50 }, (_, seed) => lookedAt(seed, 0.55, 20, 150));
    expect(runs.filter(({ held }) => held !== null).length).toBeGreaterThanOrEqual(45);
  },
  LIMIT_MS,
);

test('units under an arm that the experiment does not have are off at once', () => {
  expect(checkSampleRatio(halves, [{ arm: 'gone', units: 1 }])).toMatchObject({ verdict: 'off', p: 0 });
});
