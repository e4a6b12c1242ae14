import type { ActorKey, IdPort } from '../ids.ts';
import type { Playbook } from '../playbook/model.ts';
import { MINUTE_MS } from '../time/zones.ts';
import type { ActionType } from '../vocabulary.ts';
import type { WaitingCandidate } from '../waiting.ts';
import type { CandidateFacts } from './candidate-facts.ts';
import { DISMISSED_BEFORE } from './gates/dismissed.ts';
import type { Verdict } from './planned.ts';

/**
 * Quiet hours of a whole tenant end in one moment. Within these ten minutes its actors are released, each at a moment of their own: enough to make a
 * peak flat, and nobody minds when a note from the night comes at 06:07.
 */
export const JITTER_MAX_MS = 10 * MINUTE_MS;

/** From the ids alone, so that every node and every later run says the same; of the actor, so that what ends together is released together. */
export const jitterMs = (ids: IdPort, { tenantId, actorId }: ActorKey): number =>
  Number.parseInt(ids.sha256(JSON.stringify(['deferral', tenantId, actorId])).slice(0, 8), 16) % JITTER_MAX_MS;

export const wouldDefer = ({ deferral }: Playbook, type: ActionType): boolean =>
  deferral.mode === 'defer' || (deferral.mode === 'by_type' && type !== 'mirror');

/**
 * When time alone will have lifted every veto; null if one of them names no moment and so would say no again. What a person has dismissed is never kept
 * for later, although that veto has its end: to wait for the moment when it may be said again would be pestering with a delay.
 */
export const liftedAt = (vetoes: readonly Verdict[]): number | null => {
  let latest = -Infinity;
  for (const veto of vetoes) {
    const at = veto.pass ? -Infinity : (veto.flip?.atMs ?? null);
    if (at === null || (!veto.pass && veto.code === DISMISSED_BEFORE)) return null;
    latest = Math.max(latest, at);
  }
  return Number.isFinite(latest) ? latest : null;
};

/** The line of the state for a candidate that is put off. `older`: what it continues or replaces; its age goes on. */
export const waitingOf = (
  candidate: CandidateFacts,
  decisionId: string,
  terms: {
    readonly dueMs: number;
    readonly expiresMs: number;
    readonly attempt: number;
    readonly awaits?: 'breakpoint' | undefined;
  },
  older: WaitingCandidate | null,
): WaitingCandidate => {
  const { decision, playbook, compiled, index, actionId } = candidate;
  const { signal, decidedAtMs, subject } = decision;
  const occurredMs = Number.isNaN(decision.occurredMs) ? decidedAtMs : decision.occurredMs;
  // In canonical order, for the journal's digest.
  return {
    actionId,
    actionIndex: index,
    actionType: compiled.action.type,
    attempt: terms.attempt,
    ...(terms.awaits === undefined ? {} : { awaits: terms.awaits }),
    branch: signal.branch,
    decisionId,
    dueMs: terms.dueMs,
    eventType: signal.event_type,
    expiresMs: terms.expiresMs,
    occurredMs,
    playbookId: playbook.id,
    playbookVersion: playbook.version,
    repo: signal.repo_id,
    resolvedBy: null,
    // By event time: signals of one batch are decided at the same instant, and their order must not be that of their ids.
    sinceMs: older?.sinceMs ?? Math.min(occurredMs, decidedAtMs),
    subject,
    tier: playbook.tier,
  };
};
