import type { OutcomeEntry } from '../actor-state.ts';
import type { IdPort } from '../ids.ts';
import { outcomeEntryIdOf, type OutcomeReport } from '../outcome.ts';
import { canonicalJson } from '../receipt/canonical-json.ts';
import { type Advice, dismissalOf } from './dismissals.ts';

/** The journal's line for an outcome. `chainBefore` is the chain of the entry before. */
export const outcomeEntryOf = (
  ids: IdPort,
  facts: {
    readonly report: OutcomeReport;
    readonly advice: Advice;
    readonly version: number;
    readonly recordedAtMs: number;
    readonly chainBefore: string;
  },
): OutcomeEntry => {
  const { report, version, recordedAtMs } = facts;
  const entry = {
    kind: 'outcome',
    version,
    entryId: outcomeEntryIdOf(ids, report.tenantId, report.outcomeId),
    outcomeId: report.outcomeId,
    decisionId: report.decisionId,
    actionId: report.actionId,
    result: report.result,
    atMs: report.occurredAtMs,
    decidedAtMs: recordedAtMs,
    dismissal: dismissalOf(report, facts.advice, recordedAtMs),
  } as const;
  return { ...entry, chain: ids.sha256(facts.chainBefore + canonicalJson(entry)) };
};
