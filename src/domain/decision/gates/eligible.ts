import { flipWhen, type Gate, pass, veto } from './gate.ts';

/**
 * Does policy allow this tenant and this actor at all? An unknown actor is denied unless the tenant says otherwise (G6).
 */
export const eligible: Gate = ({ decision }) => {
  const { policy, signal, state } = decision;
  if (policy.tenantId !== signal.tenant_id) {
    return veto('eligible', 'tenant_mismatch', { rules_of: policy.tenantId, signal_of: signal.tenant_id });
  }
  if (state.profile === null && policy.unknownActors === 'deny') {
    return veto(
      'eligible',
      'actor_unknown',
      { unknown_actors: policy.unknownActors },
      flipWhen('a profile of the actor, or unknown_actors: allow'),
    );
  }
  return pass('eligible');
};
