import { DISPOSITIONS, SIGNAL_RESULTS } from './vocabulary.ts';

/** One decision as it is stored, as far as it is counted. */
export interface CountedDecision {
  readonly candidates: readonly { readonly disposition: string; readonly reason_code: string }[];
  /** Actions in its body, and how many of them have their row. */
  readonly actions: number;
  readonly storedActions: number;
  /** Deliveries that its actions make: one for each surface, and one for all of a surface that are a digest there. */
  readonly deliveries: number;
  /** It also took cards away, each with a delivery that no action of it names. */
  readonly folds: boolean;
  /** A receipt is stored, and its id is the one that the body names. */
  readonly hasReceipt: boolean;
  /** Its entry in the journal says `decided` and names it; null: older than the journal is kept. */
  readonly inJournal: boolean | null;
  /** What of it stands in the outbox; null: deleted by now, or not looked at. */
  readonly published: { readonly deliveries: number; readonly receipts: number } | null;
}

/** What must hold of every decision and does not, by how many. */
export const FAULTS = {
  result_unknown: 'a signal has a result that is not one of ours',
  decision_missing: 'a signal is decided, and its decision is not stored',
  journal_missing: 'a decision is stored, and the journal does not name it',
  no_candidate: 'a decision has no candidate, and takes no card away',
  disposition_unknown: 'a candidate has no disposition of ours, or no reason',
  delivered_without_action: 'candidates that are said (delivered, digested) and actions of a decision differ in number',
  action_missing: 'an action of a decision has no row of its own',
  receipt_missing: 'a decision has no receipt, or another than it names',
  delivery_missing: 'deliveries in the outbox are not those that the actions of their decision make',
  receipt_not_published: 'the outbox of a decision has not exactly one receipt',
} as const;
export type Fault = keyof typeof FAULTS;

export interface Totals {
  /** Signals by result. */
  readonly results: Map<string, number>;
  /** Candidates by disposition and reason. */
  readonly ends: Map<string, { readonly disposition: string; readonly reason: string; count: number }>;
  readonly faults: Map<Fault, number>;
  decisions: number;
  candidates: number;
  actions: number;
  /** Decisions whose rows were still in the outbox to be compared. */
  published: number;
}

export const emptyTotals = (): Totals => ({
  results: new Map(),
  ends: new Map(),
  faults: new Map(),
  decisions: 0,
  candidates: 0,
  actions: 0,
  published: 0,
});

export const addFault = (totals: Totals, fault: Fault, count = 1): void => {
  if (count > 0) totals.faults.set(fault, (totals.faults.get(fault) ?? 0) + count);
};

const isOneOf = (words: readonly string[], word: string): boolean => words.includes(word);

export const addResult = (totals: Totals, result: string, count = 1): void => {
  totals.results.set(result, (totals.results.get(result) ?? 0) + count);
  if (!isOneOf(SIGNAL_RESULTS, result)) addFault(totals, 'result_unknown', count);
};

/** Counts one decision, and what is wrong with it. */
export const addDecision = (totals: Totals, decision: CountedDecision): void => {
  const { candidates, actions, published } = decision;
  const check = (fault: Fault, holds: boolean): void => addFault(totals, fault, holds ? 0 : 1);
  totals.decisions += 1;
  totals.candidates += candidates.length;
  totals.actions += actions;
  for (const { disposition, reason_code: reason } of candidates) {
    const key = `${disposition} ${reason}`;
    const end = totals.ends.get(key) ?? { disposition, reason, count: 0 };
    end.count += 1;
    totals.ends.set(key, end);
    check('disposition_unknown', isOneOf(DISPOSITIONS, disposition) && reason !== '');
  }
  const said = candidates.filter(({ disposition }) => disposition === 'delivered' || disposition === 'digested').length;
  check('no_candidate', candidates.length > 0 || decision.folds);
  check('delivered_without_action', said === actions);
  check('action_missing', decision.storedActions === actions);
  check('receipt_missing', decision.hasReceipt);
  check('journal_missing', decision.inJournal !== false);
  if (published === null) return;
  totals.published += 1;
  const more = published.deliveries - decision.deliveries;
  check('delivery_missing', decision.folds ? more >= 0 : more === 0);
  check('receipt_not_published', published.receipts === 1);
};

const sum = (counts: Iterable<number>): number => {
  let total = 0;
  for (const count of counts) total += count;
  return total;
};

/** G1 and G5 (design 2), as the journal has them: what was normalised and no duplicate, and how each candidate ended. */
export const balanceOf = (
  totals: Totals,
): { readonly signals: number; readonly ended: number; readonly addUp: boolean } => {
  const ended = sum([...totals.ends.values()].map(({ count }) => count));
  return {
    signals: sum(totals.results.values()),
    ended,
    addUp: totals.faults.size === 0 && ended === totals.candidates,
  };
};
