import type { SentAction } from '../actor-state.ts';
import { decisionIdOf } from '../ids.ts';
import type { TenantRules } from '../rules.ts';
import type { SignalResult } from '../vocabulary.ts';
import { type CandidateFacts, candidatesOf, decisionFacts } from './candidate-facts.ts';
import { dispositionOf } from './disposition.ts';
import { ALL_GATES } from './gates/all-gates.ts';
import { plannedActionOf } from './planned-action.ts';
import { GATES, type Plan, type PlanInput, type PlannedAction, type PlannedCandidate } from './planned.ts';
import { rankCandidates } from './rank.ts';
import { type RolledOut, rollOut } from './rollout.ts';
import { addToTally, emptyTally } from './sent-tally.ts';

/**
 * What to say about one signal, to whom it happened, now: a pure function of its input (G3). Every action of every matching playbook is a
 * candidate and ends in exactly one disposition (G5); if nothing may be said, nothing is said (D-56). Charges are results, never effects.
 */
export const plan = (input: PlanInput): Plan => {
  const { signal, rules } = input;
  if (rules === null) return withoutCandidates('tenant_unknown');
  // No shared stand-in for a missing actor: caps and preferences of many people would be one person's (D-72).
  if (signal.actor_id === null || signal.actor_id === '') return withoutCandidates('context_only');
  if (signal.actor_type === 'service') return withoutCandidates('actor_type');
  if (isLate(input, rules)) return withoutCandidates('late');
  const roles = input.state.profile?.roles ?? [];
  const rolledOut = rollOut(rules.playbooks.match(signal), rules, { signal, roles, ids: input.ids });
  return rolledOut.length === 0 ? withoutCandidates('no_match') : decide(input, rules, rolledOut);
};

const withoutCandidates = (result: SignalResult): Plan => ({
  result,
  candidates: [],
  actions: [],
  sent: [],
  roles: [],
});

/** A re-entry has its due time as `occurred_at` and is never late (design 3.6). */
const isLate = ({ signal, decidedAtMs }: PlanInput, { policy }: TenantRules): boolean =>
  signal.source !== 'mmm' && decidedAtMs - Date.parse(signal.occurred_at) > policy.maxLatenessMs;

const decide = (input: PlanInput, rules: TenantRules, rolledOut: readonly RolledOut[]): Plan => {
  const decision = decisionFacts(input, rules);
  const decisionId = decisionIdOf(input.ids, input.signal.signal_id);
  const ranked = rankCandidates(
    rolledOut.flatMap(({ compiled, held }) => candidatesOf(decision, compiled, decisionId, input.ids, held)),
  );

  const candidates: PlannedCandidate[] = [];
  const actions: PlannedAction[] = [];
  const sent: SentAction[] = [];
  const taken = emptyTally();
  for (const candidate of ranked) {
    // All gates, also after a veto: the trace shows everything that stood in the way.
    const verdicts = GATES.map((name) => ALL_GATES[name](candidate, taken));
    const planned = plannedCandidateOf(candidate, verdicts);
    candidates.push(planned);
    if (planned.disposition !== 'delivered') continue;
    const charge = chargeOf(candidate);
    addToTally(taken, decision.frame(), charge);
    sent.push(charge);
    actions.push(plannedActionOf(candidate, decisionId, input.ids));
  }
  return { result: 'decided', candidates, actions, sent, ...assignmentsOf(rolledOut), roles: decision.roles };
};

const assignmentsOf = (rolledOut: readonly RolledOut[]): Pick<Plan, 'assignments'> => {
  const assignments = rolledOut.flatMap(({ assignment }) => (assignment === null ? [] : [assignment]));
  return assignments.length === 0 ? {} : { assignments };
};

const plannedCandidateOf = (candidate: CandidateFacts, verdicts: PlannedCandidate['verdicts']): PlannedCandidate => ({
  actionId: candidate.actionId,
  playbookId: candidate.playbook.id,
  playbookVersion: candidate.playbook.version,
  actionType: candidate.compiled.action.type,
  tier: candidate.playbook.tier,
  ...dispositionOf(verdicts, candidate.playbook, candidate.compiled.action.type),
  untilMs: null,
  continues: null,
  verdicts,
});

/** One charge per action, however many surfaces. What is suppressed charges nothing (D-60). */
const chargeOf = ({ decision, playbook, compiled }: CandidateFacts): SentAction => ({
  actionType: compiled.action.type,
  atMs: decision.decidedAtMs,
  playbookId: playbook.id,
  repo: decision.signal.repo_id,
  subject: decision.subject,
});
