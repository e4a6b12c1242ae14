/**
 * DEFER, the scheduler: releases what is due back to `mmm.signals`, where it is decided again against now (design 3.6). Not built in this release:
 * what would be deferred is suppressed with reason `deferral_off`, so nothing waits unseen. The place is fixed here.
 */
export interface DeferralQueue {
  /** Deferrals due at or before this moment, oldest first; each is handed out to one scheduler at a time. */
  due(nowMs: number, limit: number): Promise<readonly DueDeferral[]>;
}

export interface DueDeferral {
  readonly tenantId: string;
  readonly actorId: string;
  readonly decisionId: string;
  readonly actionId: string;
  readonly attempt: number;
  readonly dueAtMs: number;
  readonly expiresAtMs: number;
}
