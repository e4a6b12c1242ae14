import type { Experiment } from './experiment.ts';

/** Below it the counts are not what the weights would give by chance: something assigns, loses or doubles units by arm. */
export const RATIO_P_MIN = 0.001;
/**
 * How far the shares of a broken experiment are thought to stand from its weights, as units' worth of belief in the weights: 20 looks for differences
 * of some ten points first (40 units of 40 in one of two arms are off), and finds smaller ones hardly later. It moves only how soon a ratio is found to be off, never how often falsely.
 */
const BELIEF_UNITS = 20;
/** The chi-square distribution describes counts from about here on. */
const EXPECTED_MIN = 5;

export interface ArmCount {
  readonly arm: string;
  /** Distinct units that were assigned to it. */
  readonly units: number;
}

export interface RatioCheck {
  readonly verdict: 'fits' | 'off' | 'too_few';
  /** Of one look at these counts (chi-square). Null when there are too few. */
  readonly p: number | null;
  /** However often was looked: what the verdict stands on. Null when there are too few. */
  readonly alwaysValidP: number | null;
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
 * A bound on the chance of counts like these at any moment of an experiment whose units come one by one as the weights say: one over the likelihood of the
 * counts under a Dirichlet mixture around the weights against that under the weights. This ratio is a martingale that starts at 1, so the chance that it
 * ever reaches 1,000, at whichever of any number of looks, is below one in a thousand (Ville). A chi-square of each hour's counts would be below 0.001
 * some time in several of a hundred sound experiments.
 */
export const alwaysValidP = (arms: readonly { readonly units: number; readonly weight: number }[]): number => {
  const total = arms.reduce((sum, { units }) => sum + units, 0);
  const logRatio = arms.reduce(
    (sum, { units, weight }) =>
      sum + logGamma(BELIEF_UNITS * weight + units) - logGamma(BELIEF_UNITS * weight) - units * Math.log(weight),
    logGamma(BELIEF_UNITS) - logGamma(BELIEF_UNITS + total),
  );
  return Math.min(1, Math.exp(-logRatio));
};

/**
 * Do the units stand in the arms as the weights say? Off if counts like these have a chance below 0.001, at one look (chi-square) and over all looks that
 * there were and will be. A unit that stands under an arm that the experiment does not have counts against it: nothing was expected there.
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
  if (arms.some(({ expected, units }) => expected === 0 && units > 0))
    return { verdict: 'off', p: 0, alwaysValidP: 0, arms };
  if (arms.some(({ expected }) => expected < EXPECTED_MIN))
    return { verdict: 'too_few', p: null, alwaysValidP: null, arms };
  const statistic = arms.reduce((sum, { units, expected }) => sum + (units - expected) ** 2 / expected, 0);
  const p = chiSquareP(statistic, arms.length - 1);
  const always = alwaysValidP(arms.map(({ arm, units }) => ({ units, weight: weightOf(arm) })));
  return { verdict: p < RATIO_P_MIN && always < RATIO_P_MIN ? 'off' : 'fits', p, alwaysValidP: always, arms };
};
