import { type GateName, GATES, type Plan } from '../../domain/decision/planned.ts';

export interface GateCoverage {
  readonly gate: GateName;
  readonly passed: number;
  /** How often by reason code. */
  readonly vetoed: Readonly<Record<string, number>>;
}

/** Which gates said yes and which said no, and why, over the decisions that scenarios are about (not those of `earlier`, of which nothing is expected). */
export const gateCoverage = (plans: readonly Plan[]): readonly GateCoverage[] => {
  const verdicts = plans.flatMap(({ candidates }) => candidates.flatMap((candidate) => candidate.verdicts));
  return GATES.map((gate) => {
    const own = verdicts.filter((verdict) => verdict.gate === gate);
    const vetoed = new Map<string, number>();
    for (const verdict of own) if (!verdict.pass) vetoed.set(verdict.code, (vetoed.get(verdict.code) ?? 0) + 1);
    return {
      gate,
      passed: own.filter(({ pass }) => pass).length,
      vetoed: Object.fromEntries([...vetoed].sort(([a], [b]) => (a < b ? -1 : 1))),
    };
  });
};
