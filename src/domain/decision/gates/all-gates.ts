import type { GateName } from '../planned.ts';
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
