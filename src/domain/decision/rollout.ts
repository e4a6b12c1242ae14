import type { MmmSignalInput } from '../../generated/records.ts';
import { assignArm } from '../experiment/assign.ts';
import type { Assignment } from '../experiment/experiment.ts';
import type { RunningExperiment } from '../experiment/running.ts';
import { unitIdOf } from '../experiment/unit.ts';
import type { IdPort } from '../ids.ts';
import type { CompiledPlaybook } from '../playbook/model.ts';
import type { TenantRules } from '../rules.ts';
import type { Fact, Plan } from './planned.ts';

/** Why a version is decided and recorded for this person, but not sent. */
export interface HeldBack {
  readonly code: 'shadow' | 'holdout' | 'experiment_on_hold';
  readonly facts: Readonly<Record<string, Fact>>;
}

/** A version of a playbook that this decision looks at. */
export interface RolledOut {
  readonly compiled: CompiledPlaybook;
  readonly held: HeldBack | null;
  readonly assignment: Assignment | null;
}

/** What of the signal and the person decides who gets which version. */
interface Whom {
  readonly signal: MmmSignalInput;
  readonly roles: readonly string[];
  readonly ids: IdPort;
}

const shadowOf = ({ shadow }: CompiledPlaybook): HeldBack | null =>
  shadow === undefined ? null : { code: 'shadow', facts: { because: shadow } };

/**
 * Of the matching versions, those that this decision looks at: of a playbook under an experiment the one that the person's unit is assigned to, of any
 * other the published one; beside it a shadow version.
 */
export const rollOut = (matching: readonly CompiledPlaybook[], rules: TenantRules, whom: Whom): RolledOut[] => {
  const rolledOut: RolledOut[] = [];
  for (const compiled of matching) {
    const running = rules.experiments.get(compiled.playbook.id);
    const held = shadowOf(compiled);
    if (running === undefined || compiled.shadow === 'mode') {
      rolledOut.push({ compiled, held, assignment: null });
      continue;
    }
    const chosen = versionFor(running, whom);
    if (chosen.version !== compiled.playbook.version) continue;
    rolledOut.push({ compiled, held: held ?? chosen.held, assignment: chosen.assignment });
  }
  return rolledOut;
};

interface Chosen extends Omit<RolledOut, 'compiled'> {
  readonly version: number;
}

const versionFor = ({ experiment, onHold, publishedVersion }: RunningExperiment, whom: Whom): Chosen => {
  const { signal, roles, ids } = whom;
  if (onHold) {
    const held: HeldBack = { code: 'experiment_on_hold', facts: { experiment: experiment.id } };
    return { version: publishedVersion, held, assignment: null };
  }
  const unitId = unitIdOf(experiment.unit, signal, roles);
  if (unitId === null) return { version: publishedVersion, held: null, assignment: null };
  const arm = assignArm(ids, signal.tenant_id, experiment, unitId);
  const assignment: Assignment = {
    experimentId: experiment.id,
    arm: arm.name,
    propensity: arm.weight,
    unit: experiment.unit,
    cluster: experiment.unit === 'actor' ? null : ids.sha256(JSON.stringify([signal.tenant_id, unitId])).slice(0, 16),
  };
  if (arm.version !== null) return { version: arm.version, held: null, assignment };
  const held: HeldBack = { code: 'holdout', facts: { experiment: experiment.id, arm: arm.name } };
  return { version: publishedVersion, held, assignment };
};

/** For trace and receipt: each experiment once, also where a release decides several of its candidates. */
export const assignmentsOf = (rolledOut: readonly Pick<RolledOut, 'assignment'>[]): Pick<Plan, 'assignments'> => {
  if (rolledOut.every(({ assignment }) => assignment === null)) return {};
  const byArm = new Map<string, Assignment>();
  for (const { assignment } of rolledOut) {
    if (assignment === null) continue;
    byArm.set(JSON.stringify([assignment.experimentId, assignment.cluster]), assignment);
  }
  return { assignments: [...byArm.values()] };
};
