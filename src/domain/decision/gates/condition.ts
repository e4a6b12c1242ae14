import { flipWhen, type Gate, pass, veto } from './gate.ts';

/** Is the playbook's `when` met? What can not be evaluated is not met (D-55), and says so. */
export const condition: Gate = ({ condition: evaluate, playbook }) => {
  const result = evaluate();
  if (result.met) return pass('condition');
  const when = playbook.when ?? '';
  return result.error === null
    ? veto('condition', 'condition_not_met', { when }, flipWhen(when))
    : veto('condition', 'condition_error', { when, error: result.error });
};
