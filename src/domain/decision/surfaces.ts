import type { MmmSignalInput } from '../../generated/records.ts';
import type { ActorState } from '../actor-state.ts';
import type { PlaybookAction } from '../playbook/model.ts';
import type { TenantPolicy } from '../rules.ts';
import { severityRank, type Surface } from '../vocabulary.ts';

/** Alerting is for serious events only: any playbook could else page people (R-46, D-86). */
const ALERT_MIN_RANK = severityRank('high');

/** Where an action may go, and at which step nothing was left. Absent lists are all, empty lists none (C-24). */
export interface SurfaceChoice {
  readonly surfaces: readonly Surface[];
  readonly emptiedBy: 'relevance' | 'hint' | 'tenant' | 'preference' | null;
}

const STEPS = ['relevance', 'hint', 'tenant', 'preference'] as const;

/** The playbook's surfaces, narrowed by what is relevant, what a trigger asked for, the tenant and the person. Nothing ever widens (C-23). */
export const chooseSurfaces = (
  action: Pick<PlaybookAction, 'type' | 'surfaces'>,
  facts: {
    readonly signal: Pick<MmmSignalInput, 'severity' | 'surface_hint'>;
    readonly policy: Pick<TenantPolicy, 'enabledSurfaces'>;
    readonly state: Pick<ActorState, 'profile'>;
  },
): SurfaceChoice => {
  const preferred = facts.state.profile?.preferences.preferredSurfaces ?? null;
  const allows: Record<(typeof STEPS)[number], (surface: Surface) => boolean> = {
    // Consent is given in the IDE or in CI: a notification has no place for it.
    relevance: (surface) =>
      surface !== 'alert' || (action.type !== 'multiplier' && severityRank(facts.signal.severity) >= ALERT_MIN_RANK),
    hint: (surface) => facts.signal.surface_hint === null || surface === facts.signal.surface_hint,
    tenant: (surface) => facts.policy.enabledSurfaces?.includes(surface) ?? true,
    preference: (surface) => preferred?.includes(surface) ?? true,
  };
  let surfaces: readonly Surface[] = action.surfaces;
  for (const step of STEPS) {
    surfaces = surfaces.filter(allows[step]);
    if (surfaces.length === 0) return { surfaces, emptiedBy: step };
  }
  return { surfaces, emptiedBy: null };
};
