import type { SentAction } from '../actor-state.ts';
import { decisionIdOf } from '../ids.ts';
import type { TenantRules } from '../rules.ts';
import type { SignalResult } from '../vocabulary.ts';
import { hasRoom, sameMatter, type WaitingCandidate } from '../waiting.ts';
import { type CandidateFacts, candidatesOf, type DecisionFacts, decisionFacts } from './candidate-facts.ts';
import { chargeOf } from './charge.ts';
import { waitingOf } from './deferral.ts';
import { degradedBy } from './degraded.ts';
import { type DeferralTerms, dispositionOf, ended } from './disposition.ts';
import { verdictsOf } from './gates/all-gates.ts';
import { plannedActionOf } from './planned-action.ts';
import type { Plan, PlanInput, PlannedAction, PlannedCandidate } from './planned.ts';
import { planResolved } from './plan-resolved.ts';
import { rankCandidates } from './rank.ts';
import { continuationOf, continuedId, dueOf, isDeferralDue, jitterOf, planRelease } from './release.ts';
import { assignmentsOf, type RolledOut, rollOut } from './rollout.ts';
import { addToTally, emptyTally } from './sent-tally.ts';
import { isSubjectResolved } from './subject-resolved.ts';
import { foldCards, isResolvedNow, newDraft, showCard, type UpkeepDraft, upkeepOf } from './upkeep.ts';

/**
 * What to say about one signal, to whom it happened, now: a pure function of its input (G3). Every action of every matching playbook is a
 * candidate and ends in exactly one disposition (G5); if nothing may be said, nothing is said (D-56). Charges are results, never effects.
 */
export const plan = (input: PlanInput): Plan => {
  const { signal, rules } = input;
  if (rules === null) return { ...withoutCandidates('tenant_unknown'), ...promisesOfNobody(input) };
  // No shared stand-in for a missing actor: caps and preferences of many people would be one person's (D-72).
  if (signal.actor_id === null || signal.actor_id === '') return withoutCandidates('context_only');
  if (signal.actor_type === 'service') return withoutCandidates('actor_type');
  if (isDeferralDue(signal)) return planRelease(input, rules);
  if (isSubjectResolved(signal)) return planResolved(input, rules);
  const occurredMs = Date.parse(signal.occurred_at);
  if (isLate(input, rules, occurredMs)) return withoutCandidates('late');
  const draft = newDraft();
  foldCards(draft, input, rules);
  const roles = input.state.profile?.roles ?? [];
  const rolledOut = rollOut(rules.playbooks.match(signal), rules, { signal, roles, ids: input.ids });
  return rolledOut.length === 0 && draft.folds.length === 0
    ? withoutCandidates('no_match')
    : decide(input, decisionFacts(input, rules, null, occurredMs), rolledOut, draft);
};

const withoutCandidates = (result: SignalResult): Plan => ({
  result,
  candidates: [],
  actions: [],
  sent: [],
  roles: [],
});

/** A re-entry has its due time as `occurred_at` and is never late (design 3.6). */
const isLate = ({ signal, decidedAtMs }: PlanInput, { policy }: TenantRules, occurredMs: number): boolean =>
  signal.source !== 'mmm' && decidedAtMs - occurredMs > policy.maxLatenessMs;

/** A tenant that is gone is promised nothing: its re-entry's id is used up, so what is due would else wait for ever. */
const promisesOfNobody = (input: PlanInput): Pick<Plan, 'upkeep'> => {
  const draft = newDraft();
  if (isDeferralDue(input.signal)) {
    for (const { actionId } of dueOf(input)) draft.resolved.push({ actionId, disposition: 'superseded' });
  }
  return upkeepOf(draft);
};

const decide = (
  input: PlanInput,
  decision: DecisionFacts,
  rolledOut: readonly RolledOut[],
  draft: UpkeepDraft,
): Plan => {
  const decisionId = decisionIdOf(input.ids, input.signal.signal_id);
  const ranked = rankCandidates(
    rolledOut.flatMap(({ compiled, held }) => candidatesOf(decision, compiled, decisionId, input.ids, held)),
  );

  const candidates: PlannedCandidate[] = [];
  const actions: PlannedAction[] = [];
  const sent: SentAction[] = [];
  const taken = emptyTally();
  const replaced: WaitingCandidate[] = [];
  for (const candidate of ranked) {
    const verdicts = verdictsOf(candidate, taken);
    const older = olderOf(input, candidate);
    const expiresMs = decision.decidedAtMs + candidate.playbook.deferral.expiresAfterMs;
    const planned = plannedCandidateOf(candidate, verdicts, isResolvedNow(draft, candidate), {
      jitterMs: () => jitterOf(input),
      expiresMs,
      room: older !== null || hasRoom(input.state.waiting.length + draft.deferred.length, candidate.playbook.tier),
      again: false,
      revises: candidate.card !== null,
    });
    candidates.push(planned);
    if (planned.untilMs !== null) {
      const terms = { dueMs: planned.untilMs, expiresMs, attempt: 1, awaits: planned.awaits };
      draft.deferred.push({ waiting: waitingOf(candidate, decisionId, terms, older), signal: input.signal });
    }
    if (older !== null && (planned.untilMs !== null || planned.disposition === 'delivered')) replaced.push(older);
    if (planned.disposition !== 'delivered') continue;
    if (candidate.card === null) {
      const charge = chargeOf(candidate);
      addToTally(taken, decision.frame(), charge);
      sent.push(charge);
    }
    const action = plannedActionOf(candidate, decisionId, input.ids);
    actions.push({ ...action, places: showCard(draft, candidate, action.surfaces, action.expiresAtMs) });
  }
  for (const older of replaced) {
    candidates.push(
      continuationOf(older, continuedId(input, decisionId, older), ended('superseded', 'newer_signal'), []),
    );
    draft.resolved.push({ actionId: older.actionId, disposition: 'superseded' });
  }
  return {
    result: 'decided',
    candidates,
    actions,
    sent,
    ...assignmentsOf(rolledOut),
    ...degradedBy(ranked.map((facts, at) => ({ facts, ended: candidates[at]! }))),
    roles: decision.roles,
    ...upkeepOf(draft),
  };
};

/** What waits to say the same: the newer signal knows more. */
const olderOf = (
  { state }: PlanInput,
  { playbook, compiled, index, decision }: CandidateFacts,
): WaitingCandidate | null => {
  if (state.waiting.length === 0) return null;
  const matter = {
    playbookId: playbook.id,
    actionType: compiled.action.type,
    actionIndex: index,
    subject: decision.subject,
  };
  return state.waiting.find((one) => sameMatter(one, matter)) ?? null;
};

const plannedCandidateOf = (
  candidate: CandidateFacts,
  verdicts: PlannedCandidate['verdicts'],
  resolvedNow: boolean,
  terms: DeferralTerms,
): PlannedCandidate => ({
  actionId: candidate.actionId,
  playbookId: candidate.playbook.id,
  playbookVersion: candidate.playbook.version,
  actionType: candidate.compiled.action.type,
  tier: candidate.playbook.tier,
  ...(resolvedNow
    ? { disposition: 'superseded', reasonCode: 'subject_resolved', untilMs: null }
    : dispositionOf(verdicts, candidate.playbook, candidate.compiled.action.type, terms)),
  continues: null,
  verdicts,
});
