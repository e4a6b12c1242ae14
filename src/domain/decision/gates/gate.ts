import type { CandidateFacts } from '../candidate-facts.ts';
import type { Fact, Flip, GateName, Verdict } from '../planned.ts';
import { GATES } from '../planned.ts';
import type { SentTally } from '../sent-tally.ts';

/**
 * One question about one candidate: passes, or vetoes with a code, the facts it used and what would turn it round. Pure. `taken` is what this very
 * decision has already given to more important candidates; only caps and priority look at it.
 */
export type Gate = (candidate: CandidateFacts, taken: SentTally) => Verdict;

const PASSED = Object.fromEntries(GATES.map((gate) => [gate, { gate, pass: true }])) as Readonly<
  Record<GateName, Verdict>
>;

export const pass = (gate: GateName): Verdict => PASSED[gate];

export const veto = (
  gate: GateName,
  code: string,
  facts: Readonly<Record<string, Fact>>,
  flip: Flip | null = null,
): Verdict => ({ gate, pass: false, code, facts, flip });

export const flipAt = (atMs: number): Flip => ({ atMs, change: null });
export const flipWhen = (change: string): Flip => ({ atMs: null, change });
