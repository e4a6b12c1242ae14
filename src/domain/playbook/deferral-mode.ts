import type { ActionType } from '../vocabulary.ts';
import type { Playbook } from './model.ts';

/** Does the playbook put off what only time stands against (interface 5)? Without a word of its own: a Mirror drops, Mentor and Multiplier defer. */
export const defers = ({ deferral }: Pick<Playbook, 'deferral'>, type: ActionType): boolean =>
  deferral.mode === 'defer' || (deferral.mode === 'by_type' && type !== 'mirror');
