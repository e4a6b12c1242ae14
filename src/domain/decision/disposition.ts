import type { Playbook } from '../playbook/model.ts';
import type { ActionType, Disposition } from '../vocabulary.ts';
import type { Verdict } from './planned.ts';

const wouldDefer = (playbook: Playbook, type: ActionType): boolean =>
  playbook.deferral.mode === 'defer' || (playbook.deferral.mode === 'by_type' && type !== 'mirror');

/**
 * Exactly one disposition with one reason (G5): delivered if no gate vetoed. Else suppressed with the first veto's code, or with `deferral_off` if
 * time alone would lift every veto and the playbook defers (default: a Mirror drops, Mentor and Multiplier defer). The verdicts keep the gates' codes.
 */
export const dispositionOf = (
  verdicts: readonly Verdict[],
  playbook: Playbook,
  type: ActionType,
): { readonly disposition: Disposition; readonly reasonCode: string } => {
  const vetoes = verdicts.filter((verdict) => !verdict.pass);
  const first = vetoes[0];
  if (first === undefined) return { disposition: 'delivered', reasonCode: 'sent' };
  // A veto that names its moment is lifted by time alone; any other would say no again.
  const liftedByTime = vetoes.every(({ flip }) => typeof flip?.atMs === 'number');
  return {
    disposition: 'suppressed',
    reasonCode: liftedByTime && wouldDefer(playbook, type) ? 'deferral_off' : first.code,
  };
};
