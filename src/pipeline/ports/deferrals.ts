import type { MmmSignalInput } from '../../generated/records.ts';

/** A candidate that was put off, as the commit of its decision stores it. Its id is the action id. */
export interface DeferralRow {
  readonly actionId: string;
  readonly decisionId: string;
  readonly attempt: number;
  readonly dueAtMs: number;
  readonly expiresAtMs: number;
  /** What it is decided by again. */
  readonly signal: MmmSignalInput;
}

export interface ClosedDeferral {
  readonly actionId: string;
  readonly status: 'done' | 'expired' | 'superseded';
}

/** One that waits on, and is due sooner than it was. */
export interface HastenedDeferral {
  readonly actionId: string;
  readonly dueAtMs: number;
}

export interface DeferralKey {
  readonly tenantId: string;
  readonly actionId: string;
}

/** Handed to a scheduler. */
export interface DueDeferral extends DeferralKey {
  readonly actorId: string;
  readonly decisionId: string;
  readonly attempt: number;
  readonly dueAtMs: number;
  readonly signal: MmmSignalInput;
}

/** Where the schedulers find what is due. Any number of them may ask at once. */
export interface DeferralQueue {
  /**
   * Deferrals due at or before this moment and not yet closed by a commit, oldest first, each to one caller. One that stays open is handed out again,
   * later each time, so that a scheduler that died with it in hand has lost nothing. Throws DATABASE_UNAVAILABLE.
   */
  claim(nowMs: number, limit: number): Promise<readonly DueDeferral[]>;
}
