import type { Playbook } from '../playbook/model.ts';
import type { ActionType, Disposition } from '../vocabulary.ts';
import type { Verdict } from './planned.ts';

/** Vetoes that time alone lifts. Everything else would say no again. */
const DEFERRABLE = new Set([
  'snoozed',
  'quiet_hours',
  'cooldown',
  'cap_hour',
  'cap_day',
  'cap_reserved',
  'cap_repo_day',
]);
const PLAYBOOK_CAPS = new Set(['subject_cooldown', 'cap_playbook_day', 'cap_playbook_repo_day', 'outranked']);

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
  const liftedByTime = vetoes.every(
    ({ code, flip }) =>
      flip?.atMs !== null && flip?.atMs !== undefined && (DEFERRABLE.has(code) || PLAYBOOK_CAPS.has(code)),
  );
  return {
    disposition: 'suppressed',
    reasonCode: liftedByTime && wouldDefer(playbook, type) ? 'deferral_off' : first.code,
  };
};
