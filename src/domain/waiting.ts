import type { About } from './resolution.ts';
import type { ActionType, Tier } from './vocabulary.ts';

/** A candidate that only time stood against: a promise to decide it again, not a place in a queue (design 3.6). It holds no charge. */
export interface WaitingCandidate extends About {
  /** Of the candidate that was deferred: what its continuation names. */
  readonly actionId: string;
  readonly decisionId: string;
  readonly playbookId: string;
  readonly playbookVersion: number;
  /** Place of the action in the playbook. */
  readonly actionIndex: number;
  readonly actionType: ActionType;
  readonly tier: Tier;
  /** It is due at the person's next breakpoint, at the latest at `dueMs`. Absent: by time alone, or it has come. */
  readonly awaits?: 'breakpoint';
  /** The breakpoint that made it due. */
  readonly breakpointMs?: number;
  /** 1 at the first deferral, one more each time it is put off again. */
  readonly attempt: number;
  /** When the matter of the first deferral of the chain happened, at the latest when it was decided: its age. */
  readonly sinceMs: number;
  readonly dueMs: number;
  /** From here on it is never said. Set by the first deferral and not moved by later ones. */
  readonly expiresMs: number;
  /** Event time of the signal. */
  readonly occurredMs: number;
  /** Type of a later event that ended its subject; null: none seen. */
  readonly resolvedBy: string | null;
}

/**
 * So many wait for one actor at most: at the default of ten nudges a day more could not be said before they expire. The last places are for the
 * higher tiers, so that a night of small things does not keep an important one out.
 */
export const WAITING_MAX = 32;
const ROOM: Readonly<Record<Tier, number>> = { critical: WAITING_MAX, high: WAITING_MAX, normal: 24, low: 16 };

export const hasRoom = (waiting: number, tier: Tier): boolean => waiting < ROOM[tier];

type Matter = Pick<WaitingCandidate, 'playbookId' | 'actionType' | 'actionIndex' | 'subject'>;

/** One thing is said once: of two that would be the same card the newer one knows more. */
export const sameMatter = (a: Matter, b: Matter): boolean =>
  a.playbookId === b.playbookId &&
  a.actionType === b.actionType &&
  a.actionIndex === b.actionIndex &&
  a.subject === b.subject;
