import { flipWhen, type Gate, pass, veto } from './gate.ts';

/**
 * Does policy allow this tenant, this actor and this playbook at all? An unknown actor is denied unless the tenant says otherwise (G6); a playbook
 * on probation is decided and recorded, and sent to nobody.
 */
export const eligible: Gate = ({ decision, playbook, onProbation }) => {
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
  if (onProbation) {
    return veto(
      'eligible',
      'probation',
      { playbook: playbook.id, version: playbook.version },
      flipWhen('a new version of the playbook'),
    );
  }
  return pass('eligible');
};
