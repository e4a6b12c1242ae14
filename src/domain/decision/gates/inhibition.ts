import { flipWhen, type Gate, pass, veto } from './gate.ts';

/**
 * Is this a moment in which nobody wants to be nudged? Incident: only playbooks of tier critical. Change freeze: nothing that would be executed.
 * On call: tiers critical and high. The context stage of the decision issue supplies the facts; until then none of them holds.
 */
export const inhibition: Gate = ({ decision, playbook, compiled }) => {
  const { incidentActive, freezeActive, onCall } = decision.context;
  const { tier } = playbook;
  if (incidentActive && tier !== 'critical') {
    return veto('inhibition', 'incident_active', { tier }, flipWhen('the incident is over'));
  }
  if (freezeActive && compiled.action.type === 'multiplier') {
    return veto('inhibition', 'freeze_active', { action_type: compiled.action.type }, flipWhen('the freeze is over'));
  }
  if (onCall && tier !== 'critical' && tier !== 'high') {
    return veto('inhibition', 'on_call', { tier }, flipWhen('the shift is over'));
  }
  return pass('inhibition');
};
