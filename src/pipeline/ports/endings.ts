import type { Ending } from '../../domain/decision/subject-resolved.ts';
import type { MmmSignalInput } from '../../generated/records.ts';

/** An actor has something open about a matter, as the commit of its decision stores it. One row for each matter and actor: the newest stands. */
export interface OpenMatterRow {
  /** Digest of the matter's key: what people name their branches is no concern of an index, and may hold what PostgreSQL has not in text. */
  readonly matter: string;
  readonly actorType: MmmSignalInput['actor_type'];
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** A matter was ended, by whoever it was. One row for each: the newest by event time ends all that an older one would. */
export interface EndingRow {
  readonly matter: string;
  readonly ending: Ending;
}

/** Somebody who may hold something open about what has ended. It may be settled or never have been: the actor's own state decides. */
export interface Concerned {
  readonly tenantId: string;
  readonly actorId: string;
  readonly actorType: MmmSignalInput['actor_type'];
  readonly ending: Ending;
}

/** What one scheduler has in hand. */
export interface EndingsInHand {
  readonly concerned: readonly Concerned[];
  /** Rows in hand; fewer than the limit: there are no more. */
  readonly taken: number;
  /** When everybody concerned has been written to: the rows are not handed out again. */
  settle(): Promise<void>;
}

/**
 * Brings endings and open matters together, apart from the decisions of either: each row is looked at once after it was committed, so that of two that
 * belong together the later finds the earlier, whichever it is. Any number of schedulers may ask at once; what one of them did not settle comes again.
 * Throws DATABASE_UNAVAILABLE.
 */
export interface EndingQueue {
  take(nowMs: number, limit: number): Promise<EndingsInHand>;
}
