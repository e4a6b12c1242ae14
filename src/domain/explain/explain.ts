import { plan } from '../decision/plan.ts';
import { isDeferralDue } from '../decision/release.ts';
import type { Fact, Plan, PlanInput, PlannedCandidate, Verdict } from '../decision/planned.ts';
import type { ConditionDissector } from '../playbook/condition-dissector.ts';
import type { CompiledPlaybook } from '../playbook/model.ts';
import type { ActionType, Disposition, SignalResult, Tier } from '../vocabulary.ts';
import { applyChange } from './apply-change.ts';
import { candidateChanges } from './candidate-changes.ts';
import type { Change } from './change.ts';
import { type SeenTerm, seenTerms } from './condition-changes.ts';
import { isDelivered, isSaid, outcomeOf, type Target, targetsOf } from './outcome.ts';
import { type FailedPart, failedPartsOf, fittingAnyEvent } from './trigger-parts.ts';
import { withPlaybook } from './with-playbook.ts';

/** What stood in the way first: of the whole signal, of the trigger, or a gate. */
export interface FirstVeto {
  readonly gate: string;
  readonly code: string;
  readonly facts: Readonly<Record<string, Fact>>;
}

export interface ExplainedAction {
  readonly actionId: string;
  readonly type: ActionType;
  /** Null: it was no candidate, because the signal or the trigger had said no before. */
  readonly disposition: Disposition | null;
  /** `sent`, or the code of what held it back. */
  readonly reasonCode: string;
  readonly untilMs: number | null;
  /** Every gate; where it was no candidate, what they would have said had the event fitted. Empty for a signal without a person. */
  readonly verdicts: readonly Verdict[];
  readonly firstVeto: FirstVeto | null;
  /** The parts of the condition with what they gave, where the condition was not met. */
  readonly terms: readonly SeenTerm[];
  /** The smallest single change after which it would be delivered. Null: delivered already, or no single change does it. */
  readonly change: Change | null;
}

export interface ExplainedPlaybook {
  readonly playbookId: string;
  readonly version: number;
  readonly name: string;
  readonly tier: Tier;
  /** In the playbook's order: which parts the event does not fit; none = this trigger fits. */
  readonly triggers: readonly (readonly FailedPart[])[];
  readonly matched: boolean;
  readonly actions: readonly ExplainedAction[];
}

export interface Explanation {
  readonly result: SignalResult;
  /** Every playbook of the tenant, highest tier first, then by id. Empty for an unknown tenant. */
  readonly playbooks: readonly ExplainedPlaybook[];
}

/** Why each playbook of the tenant spoke or did not, and what would have been enough (issue 4, part 7). Pure: plans again, stores nothing. */
export const explain = (input: PlanInput, conditions: ConditionDissector): Explanation => {
  const made = plan(input);
  const all = input.rules?.playbooks.all ?? [];
  return { result: made.result, playbooks: all.map((compiled) => explainPlaybook(input, made, compiled, conditions)) };
};

const explainPlaybook = (
  input: PlanInput,
  made: Plan,
  compiled: CompiledPlaybook,
  conditions: ConditionDissector,
): ExplainedPlaybook => {
  const { playbook } = compiled;
  const triggers = playbook.triggers.map((trigger) => failedPartsOf(trigger, input.signal));
  const targets = targetsOf(input, made, compiled);
  // A re-entry asks the playbooks whose candidates it brings back, whatever their triggers say to its own type.
  const matched = isDeferralDue(input.signal) ? targets.length > 0 : triggers.some((failed) => failed.length === 0);
  const actions = targets.map((target) => explainAction(input, made, target, triggers, conditions));
  return {
    ...{ playbookId: playbook.id, version: playbook.version, name: playbook.name, tier: playbook.tier },
    ...{ triggers, matched, actions },
  };
};

const explainAction = (
  input: PlanInput,
  made: Plan,
  target: Target,
  triggers: ExplainedPlaybook['triggers'],
  conditions: ConditionDissector,
): ExplainedAction => {
  const { compiled, index, actionId } = target;
  const candidate = made.candidates.find((one) => one.actionId === actionId) ?? null;
  const verdicts = candidate?.verdicts ?? verdictsIfFitting(input, target);
  const firstVeto = firstVetoOf(input, made, candidate, triggers);
  const conditionFailed = verdicts.some((verdict) => !verdict.pass && verdict.gate === 'condition');
  return {
    actionId,
    type: compiled.playbook.actions[index]!.type,
    disposition: candidate?.disposition ?? null,
    reasonCode: candidate?.reasonCode ?? firstVeto?.code ?? made.result,
    untilMs: candidate?.untilMs ?? null,
    verdicts,
    firstVeto,
    terms: conditionFailed ? seenTerms(input, target, conditions) : [],
    change: isSaid(candidate?.disposition) ? null : smallestChange(input, target, verdicts, conditions),
  };
};

/** The first of the changes, smallest first, after which a plan of the very same rest delivers it. */
export const smallestChange = (
  input: PlanInput,
  target: Target,
  verdicts: readonly Verdict[],
  conditions: ConditionDissector,
): Change | null =>
  candidateChanges(input, target, verdicts, conditions).find((change) => {
    const changed = applyChange(input, change, conditions);
    return changed !== null && isDelivered(changed, target);
  }) ?? null;

/** What the gates say had the event been early enough and of the kind that the playbook asks for. */
export const verdictsIfFitting = (input: PlanInput, target: Target): readonly Verdict[] => {
  const { rules } = input;
  if (rules === null) return [];
  const { compiled } = target;
  const triggers = compiled.playbook.triggers.map(fittingAnyEvent);
  const fitting = withPlaybook(rules, { ...compiled, playbook: { ...compiled.playbook, triggers } });
  const policy = { ...fitting.policy, maxLatenessMs: Infinity };
  return outcomeOf({ ...input, rules: { ...fitting, policy } }, target)?.verdicts ?? [];
};

const firstVetoOf = (
  input: PlanInput,
  made: Plan,
  candidate: PlannedCandidate | null,
  triggers: ExplainedPlaybook['triggers'],
): FirstVeto | null => {
  if (candidate !== null) {
    const veto = candidate.verdicts.find((verdict) => !verdict.pass);
    if (veto !== undefined) return { gate: veto.gate, code: veto.code, facts: veto.facts };
    // A promise can end before any gate is asked.
    return isSaid(candidate.disposition) ? null : { gate: 'deferral', code: candidate.reasonCode, facts: {} };
  }
  if (made.result !== 'decided' && made.result !== 'no_match') {
    return { gate: 'signal', code: made.result, facts: signalFacts(input) };
  }
  // Of several triggers the one that comes nearest.
  const [nearest] = triggers.toSorted((a, b) => a.length - b.length);
  const part = nearest?.[0];
  if (part === undefined) return null;
  return { gate: 'trigger', code: part.part, facts: { wanted: part.wanted, has: part.has } };
};

const signalFacts = ({ signal, rules, decidedAtMs }: PlanInput): Record<string, Fact> => ({
  actor_type: signal.actor_type,
  age_ms: decidedAtMs - Date.parse(signal.occurred_at),
  max_lateness_ms: rules?.policy.maxLatenessMs ?? null,
});
