import type { Trigger } from '../../playbook/model.ts';
import { flipWhen, type Gate, pass, veto } from './gate.ts';

/**
 * Is it meant for this person? One trigger that the event fits must accept both type and roles of the actor; roles come from the profile only,
 * never from the signal (D-13). A Multiplier without anything to consent to offers nothing.
 */
export const consentAndRole: Gate = ({ decision, triggers, compiled }) => {
  const { signal, roles } = decision;
  const acceptsType = (trigger: Trigger): boolean => trigger.actorTypes?.includes(signal.actor_type) ?? true;
  const acceptsRoles = (trigger: Trigger): boolean => trigger.actorRoles?.some((role) => roles.includes(role)) ?? true;

  const forType = triggers.filter(acceptsType);
  if (forType.length === 0) {
    return veto('consent_and_role', 'actor_type_not_meant', { actor_type: signal.actor_type });
  }
  if (!forType.some(acceptsRoles)) {
    const wanted = [...new Set(forType.flatMap((trigger) => trigger.actorRoles ?? []))].sort().join(' ');
    return veto('consent_and_role', 'role_missing', { wanted, has: roles.join(' ') }, flipWhen(`a role of: ${wanted}`));
  }
  if (compiled.action.type === 'multiplier' && compiled.action.actionRef === null) {
    return veto('consent_and_role', 'action_ref_missing', {});
  }
  return pass('consent_and_role');
};
