import { plan } from '../decision/plan.ts';
import type { PlanInput, PlannedCandidate } from '../decision/planned.ts';
import { actionIdOf, decisionIdOf } from '../ids.ts';
import type { CompiledPlaybook } from '../playbook/model.ts';

/** One action of one playbook: what an explanation is about. */
export interface Target {
  readonly compiled: CompiledPlaybook;
  readonly index: number;
  /** The same in every plan of the signal, because it follows from signal, playbook version and place only. */
  readonly actionId: string;
}

export const targetOf = ({ ids, signal }: PlanInput, compiled: CompiledPlaybook, index: number): Target => {
  const { id, version } = compiled.playbook;
  return { compiled, index, actionId: actionIdOf(ids, decisionIdOf(ids, signal.signal_id), id, version, index) };
};

/** How the target ends with this input; null if its playbook is not looked at. */
export const outcomeOf = (input: PlanInput, { actionId }: Target): PlannedCandidate | null =>
  plan(input).candidates.find((candidate) => candidate.actionId === actionId) ?? null;

export const isDelivered = (input: PlanInput, target: Target): boolean =>
  outcomeOf(input, target)?.disposition === 'delivered';
