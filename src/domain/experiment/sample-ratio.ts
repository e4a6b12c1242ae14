import type { Experiment } from './experiment.ts';

/** Below it the counts are not what the weights would give by chance: something assigns, loses or doubles units by arm. */
export const RATIO_P_MIN = 0.001;
/** The chi-square distribution describes counts from about here on. */
const EXPECTED_MIN = 5;

export interface ArmCount {
  readonly arm: string;
  /** Distinct units that were assigned to it. */
  readonly units: number;
}

export interface RatioCheck {
  readonly verdict: 'fits' | 'off' | 'too_few';
  /** Null when there are too few. */
  readonly p: number | null;
  readonly arms: readonly { readonly arm: string; readonly units: number; readonly expected: number }[];
}

/** Lanczos, g = 7: to 15 digits. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];
const logGamma = (x: number): number => {
  const at = x - 1;
  const sum = LANCZOS.slice(1).reduce((total, factor, i) => total + factor / (at + i + 1), LANCZOS[0]!);
  const t = at + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (at + 0.5) * Math.log(t) - t + Math.log(sum);
};

/** Enough for any count of arms here: both expansions gain a digit every few steps. */
const STEPS = 500;
const TINY = 1e-300;

/** Upper regularised incomplete gamma function: the series for small x, the continued fraction (Lentz) beyond. */
const upperGamma = (a: number, x: number): number => {
  if (x <= 0) return 1;
  const front = Math.exp(a * Math.log(x) - x - logGamma(a));
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; n < STEPS && term > sum * 1e-16; n += 1) sum += term *= x / (a + n);
    return 1 - front * sum;
  }
  let b = x + 1 - a;
  let c = 1 / TINY;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n < STEPS; n += 1) {
    const an = -n * (n - a);
    b += 2;
    d = 1 / (Math.abs(an * d + b) < TINY ? TINY : an * d + b);
    c = Math.abs(b + an / c) < TINY ? TINY : b + an / c;
    const step = d * c;
    fraction *= step;
    if (Math.abs(step - 1) < 1e-15) break;
  }
  return front * fraction;
};

/** The chance of a chi-square statistic at least this large. */
export const chiSquareP = (statistic: number, degreesOfFreedom: number): number =>
  upperGamma(degreesOfFreedom / 2, statistic / 2);

/**
 * Do the units stand in the arms as the weights say (chi-square, p < 0.001 is off)? A unit that stands under an arm that the experiment does not have
 * counts against it: as an arm of which nothing was expected it is off at once.
 */
export const checkSampleRatio = (experiment: Experiment, counts: readonly ArmCount[]): RatioCheck => {
  const total = counts.reduce((sum, { units }) => sum + units, 0);
  const weightOf = (name: string): number => experiment.arms.find((arm) => arm.name === name)?.weight ?? 0;
  const names = [...new Set([...experiment.arms.map(({ name }) => name), ...counts.map(({ arm }) => arm)])];
  const arms = names.map((arm) => ({
    arm,
    units: counts.find((one) => one.arm === arm)?.units ?? 0,
    expected: total * weightOf(arm),
  }));
  if (arms.some(({ expected, units }) => expected === 0 && units > 0)) return { verdict: 'off', p: 0, arms };
  if (arms.some(({ expected }) => expected < EXPECTED_MIN)) return { verdict: 'too_few', p: null, arms };
  const statistic = arms.reduce((sum, { units, expected }) => sum + (units - expected) ** 2 / expected, 0);
  const p = chiSquareP(statistic, arms.length - 1);
  return { verdict: p < RATIO_P_MIN ? 'off' : 'fits', p, arms };
};
