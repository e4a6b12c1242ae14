import { type IdPort, idFrom } from './ids.ts';
import { MINUTE_MS } from './time/zones.ts';
import { OUTCOME_RESULTS, type OutcomeResult } from './vocabulary.ts';

/** What somebody says became of an action (interface 2a). Whoever hands it in has read it from a topic or an HTTP body; nothing of it is believed yet. */
export interface OutcomeReport {
  /** The producer's own: the same id is the same outcome. */
  readonly outcomeId: string;
  readonly tenantId: string;
  readonly decisionId: string;
  readonly actionId: string;
  readonly actorId: string;
  readonly result: OutcomeResult;
  readonly reason: string | null;
  readonly occurredAtMs: number;
}

/** The reason that says no to the advice itself, whatever the result: dismissal memory and probation read it. */
export const NOT_USEFUL = 'not_useful';

/** A word or a sentence. Longer texts are content, which has no place in journals and events. */
export const REASON_MAX_CHARS = 512;
const ID_MAX_CHARS = 255;
/** As for signals (interface 2b). */
const MAX_AHEAD_MS = 10 * MINUTE_MS;
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

const REASON_NEEDED: ReadonlySet<OutcomeResult> = new Set(['dismissed', 'failed']);

const idFault = (name: string, value: string): string | null => {
  if (value.trim() === '') return `${name} is missing; set it`;
  if (value.length > ID_MAX_CHARS) return `${name} has ${value.length} characters; send at most ${ID_MAX_CHARS}`;
  return CONTROL.test(value) || !value.isWellFormed() ? `${name} has characters that no id has; remove them` : null;
};

const reasonFault = ({ result, reason }: OutcomeReport): string | null => {
  if (reason === null || reason.trim() === '') {
    return REASON_NEEDED.has(result) ? `reason is missing; ${result} needs one, such as ${NOT_USEFUL}` : null;
  }
  if (reason.length > REASON_MAX_CHARS) {
    return `reason has ${reason.length} characters; send a word or a sentence of at most ${REASON_MAX_CHARS}`;
  }
  return CONTROL.test(reason) || !reason.isWellFormed() ? 'reason has control characters; remove them' : null;
};

/** The first thing wrong with a report alone, in words for its sender; null: it can be looked up. */
export const outcomeFault = (report: OutcomeReport, nowMs: number): string | null => {
  const { occurredAtMs } = report;
  const known: readonly string[] = OUTCOME_RESULTS;
  return (
    idFault('outcome_id', report.outcomeId) ??
    idFault('tenant_id', report.tenantId) ??
    idFault('decision_id', report.decisionId) ??
    idFault('action_id', report.actionId) ??
    idFault('actor_id', report.actorId) ??
    (known.includes(report.result) ? null : `result is not one of ${known.join(', ')}`) ??
    reasonFault(report) ??
    (Number.isFinite(occurredAtMs) ? null : 'occurred_at is not a date-time; send RFC 3339') ??
    (occurredAtMs <= nowMs + MAX_AHEAD_MS ? null : "occurred_at is more than 10 minutes ahead; mend the sender's clock")
  );
};

/** What is already known of the same action. */
export interface EarlierOutcome {
  readonly result: OutcomeResult;
  readonly reason: string | null;
}

export type Sequence =
  | { readonly kind: 'new' }
  /** Says nothing that is not stored. */
  | { readonly kind: 'said' }
  | { readonly kind: 'conflict'; readonly why: string };

const NEW: Sequence = { kind: 'new' };

/**
 * Whether an outcome may follow what is known of its action.
 *
 *   shown      at any time. Every other result implies it; reports of two surfaces or of two partitions of an input topic come in any order, and a
 *              late `shown` contradicts nothing.
 *   ignored    while the person has done nothing. It is how a surface reads silence, so it yields to a later act; after an act it is false.
 *   accepted   unless dismissed, and dismissed unless accepted: a person's word is final, or the counts and dismissal memory would depend on who
 *              reported last.
 *   failed     after accepted only: nothing else runs anything.
 *
 * The same result again says nothing new (two surfaces, a client without stable ids), unless it is the first to say `not_useful`: a person's no is
 * never lost.
 */
export const sequenceOf = (
  earlier: readonly EarlierOutcome[],
  { result, reason }: Pick<OutcomeReport, 'result' | 'reason'>,
): Sequence => {
  const has = (what: OutcomeResult): boolean => earlier.some((one) => one.result === what);
  const conflict = (because: string): Sequence => ({ kind: 'conflict', why: `${result} can not follow: ${because}` });
  const same = earlier.filter((one) => one.result === result);
  const saysMore = reason === NOT_USEFUL && !same.some((one) => one.reason === NOT_USEFUL);
  if (same.length > 0) return saysMore ? NEW : { kind: 'said' };
  switch (result) {
    case 'shown':
      return NEW;
    case 'ignored':
      if (has('accepted')) return conflict('the action was accepted');
      return has('dismissed') ? conflict('the action was dismissed') : NEW;
    case 'dismissed':
      return has('accepted') ? conflict('the action was accepted') : NEW;
    case 'accepted':
      return has('dismissed') ? conflict('the action was dismissed') : NEW;
    case 'failed':
      return has('accepted') ? NEW : conflict('the action was not accepted');
  }
};

/** Of the journal's line, the event and the receipt: one outcome id of one tenant gives the same ids for ever. */
export const outcomeEntryIdOf = (ids: IdPort, tenantId: string, outcomeId: string): string =>
  idFrom(ids, 'outcome', [tenantId, outcomeId]);
