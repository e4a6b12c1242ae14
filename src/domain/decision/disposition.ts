import type { Playbook } from '../playbook/model.ts';
import type { ActionType, Disposition } from '../vocabulary.ts';
import { liftedAt, wouldDefer } from './deferral.ts';
import { NOT_A_BREAKPOINT } from './gates/breakpoint.ts';
import type { Verdict } from './planned.ts';

/** Under which terms a candidate may be put off. */
export interface DeferralTerms {
  /** Added to the moment when the last veto falls. */
  readonly jitterMs: () => number;
  readonly expiresMs: number;
  /** False: as many wait already as may. */
  readonly room: boolean;
  /** It has been put off before. */
  readonly again: boolean;
  /** It would be the next revision of a live card. */
  readonly revises: boolean;
}

export interface Disposed {
  readonly disposition: Disposition;
  readonly reasonCode: string;
  /** When it is deferred: when it is due. */
  readonly untilMs: number | null;
  /** It may be due before that, at the person's next breakpoint. Absent: by time alone. */
  readonly awaits?: 'breakpoint' | undefined;
}

export const ended = (disposition: Disposition, reasonCode: string): Disposed => ({
  disposition,
  reasonCode,
  untilMs: null,
});

/**
 * Exactly one disposition with one reason (G5): delivered if no gate vetoed; deferred if time alone will lift every veto before it expires and the
 * playbook defers (default: a Mirror drops, Mentor and Multiplier defer); else suppressed, with the first veto's code. A revision is never put off:
 * the next signal brings a newer one. What only waits for a breakpoint is due when it expires, unless one comes before. Of what was promised before, a changed wish of the person supersedes it, and what could come only after its
 * expiry has expired.
 */
export const dispositionOf = (
  verdicts: readonly Verdict[],
  playbook: Playbook,
  type: ActionType,
  terms: DeferralTerms,
): Disposed => {
  const vetoes = verdicts.filter((verdict) => !verdict.pass);
  const first = vetoes[0];
  if (first === undefined) return ended('delivered', terms.revises ? 'revised' : 'sent');
  if (vetoes.every((veto) => veto.code === NOT_A_BREAKPOINT) && !terms.revises && wouldDefer(playbook, type)) {
    return terms.room
      ? { disposition: 'deferred', reasonCode: first.code, untilMs: terms.expiresMs, awaits: 'breakpoint' }
      : ended('suppressed', 'deferral_full');
  }
  // With a veto that time lifts it comes back then, and waits for its breakpoint from there on.
  const lifted = liftedAt(vetoes.filter((veto) => veto.code !== NOT_A_BREAKPOINT));
  if (lifted !== null && !terms.revises && wouldDefer(playbook, type)) {
    const dueMs = lifted + terms.jitterMs();
    if (dueMs < terms.expiresMs) {
      return terms.room
        ? { disposition: 'deferred', reasonCode: first.code, untilMs: dueMs }
        : ended('suppressed', 'deferral_full');
    }
    if (terms.again) return ended('expired', 'expires_first');
  }
  return ended(terms.again && first.gate === 'preference' ? 'superseded' : 'suppressed', first.code);
};
