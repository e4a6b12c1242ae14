import { flipWhen, type Gate, pass, veto } from './gate.ts';

const FLIPS: Readonly<Record<string, string>> = {
  shadow: 'the version is published and not on probation',
  experiment_on_hold: 'the experiment is looked at and made active or inactive',
};

/**
 * Is this version live for this person? The last question: its code is the reason only of what would have been sent, so a holdout is compared with just
 * those that were, and a shadow version shows just what it would have said.
 */
export const rollout: Gate = ({ held }) => {
  if (held === null) return pass('rollout');
  const change = FLIPS[held.code];
  return veto('rollout', held.code, held.facts, change === undefined ? null : flipWhen(change));
};
