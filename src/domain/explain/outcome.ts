import { plan } from '../decision/plan.ts';
import type { Plan, PlanInput, PlannedCandidate } from '../decision/planned.ts';
import { isDeferralDue } from '../decision/release.ts';
import { actionIdOf, decisionIdOf } from '../ids.ts';
import type { CompiledPlaybook } from '../playbook/model.ts';
import type { MmmSignalInput } from '../../generated/records.ts';

/** One action of one playbook: what an explanation is about. */
export interface Target {
  readonly compiled: CompiledPlaybook;
  readonly index: number;
  /** The same in every plan of the signal, because it follows from signal, playbook version and place only. */
  readonly actionId: string;
  /** The event that it speaks of: the signal, or the one that was put off and is looked at again. */
  readonly about: MmmSignalInput;
}

export const targetOf = ({ ids, signal }: PlanInput, compiled: CompiledPlaybook, index: number): Target => {
  const { id, version } = compiled.playbook;
  const actionId = actionIdOf(ids, decisionIdOf(ids, signal.signal_id), id, version, index);
  return { compiled, index, actionId, about: signal };
};

/** What a plan asked of this playbook: its actions, or of a re-entry those of its candidates that were put off and are due. */
export const targetsOf = (input: PlanInput, made: Plan, compiled: CompiledPlaybook): readonly Target[] => {
  const { playbook } = compiled;
  if (!isDeferralDue(input.signal)) return playbook.actions.map((_, index) => targetOf(input, compiled, index));
  return made.candidates.flatMap(({ actionId, continues, playbookId }): Target[] => {
    const waiting = input.state.waiting.find((one) => one.actionId === continues);
    if (waiting === undefined || playbookId !== playbook.id) return [];
    const about = input.originals?.get(waiting.actionId) ?? input.signal;
    return [{ compiled, index: waiting.actionIndex, actionId, about }];
  });
};

/** How the target ends with this input; null if its playbook is not looked at. */
export const outcomeOf = (input: PlanInput, { actionId }: Target): PlannedCandidate | null =>
  plan(input).candidates.find((candidate) => candidate.actionId === actionId) ?? null;

/** It reaches the person: alone, or with others in a digest. */
export const isSaid = (disposition: string | undefined): boolean =>
  disposition === 'delivered' || disposition === 'digested';

export const isDelivered = (input: PlanInput, target: Target): boolean => isSaid(outcomeOf(input, target)?.disposition);
