import type { CandidateFacts } from '../candidate-facts.ts';
import { type GateName, GATES, type Verdict } from '../planned.ts';
import type { SentTally } from '../sent-tally.ts';
import { actionType } from './action-type.ts';
import { caps } from './caps.ts';
import { condition } from './condition.ts';
import { consentAndRole } from './consent-and-role.ts';
import { eligible } from './eligible.ts';
import type { Gate } from './gate.ts';
import { inhibition } from './inhibition.ts';
import { preference } from './preference.ts';
import { priority } from './priority.ts';
import { quietHours } from './quiet-hours.ts';
import { restrictions } from './restrictions.ts';
import { rollout } from './rollout.ts';
import { safety } from './safety.ts';
import { signalQuality } from './signal-quality.ts';

/** Every gate by its name; `GATES` gives the order. */
export const ALL_GATES: Readonly<Record<GateName, Gate>> = {
  eligible,
  signal_quality: signalQuality,
  consent_and_role: consentAndRole,
  condition,
  inhibition,
  action_type: actionType,
  restrictions,
  preference,
  safety,
  quiet_hours: quietHours,
  caps,
  priority,
  rollout,
};

const IN_ORDER: readonly Gate[] = GATES.map((name) => ALL_GATES[name]);

/** What every gate says of the candidate, also after a veto: the trace shows everything that stood in the way. */
export const verdictsOf = (candidate: CandidateFacts, taken: SentTally): Verdict[] =>
  IN_ORDER.map((gate) => gate(candidate, taken));
