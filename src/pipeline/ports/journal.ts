import type { ActorKey } from '../../domain/ids.ts';
import type { ActorProfile, JournalEntry, OutcomeEntry, SignalEntry } from '../../domain/actor-state.ts';
import type { ActionType, OutcomeResult } from '../../domain/vocabulary.ts';
import type { MmmSignalInput } from '../../generated/records.ts';
import type { ClosedDeferral, DeferralKey, DeferralRow, HastenedDeferral } from './deferrals.ts';
import type { EndingRow, OpenMatterRow } from './endings.ts';
import type { OutputRecord } from './records.ts';

/** The journal of the actors and the outbox of the shards: the truth (design 3.2, 4). Two implementations: PostgreSQL and in memory. */
export interface Journal {
  /** Raises the epoch of the shard, so that an older session's commit fails, and answers where the shard stands. */
  openShard(shard: number): Promise<ShardStatus>;
  /** Version, head, profile and entries of each actor, each actor in one snapshot. Unknown actors come back at version 0. */
  fold(actors: readonly ActorKey[]): Promise<readonly FoldedActor[]>;
  /** Which of these signals the journal already holds: keys as `journalSignalKey(tenant, signal)`. */
  knownSignals(signals: readonly SignalKey[]): Promise<ReadonlySet<string>>;
  /** All or nothing per actor, one round trip. Throws EPOCH_STALE, DATABASE_WENT_BACK, or DATABASE_UNAVAILABLE (then in doubt). */
  commit(request: CommitRequest): Promise<CommitAnswer>;
  /**
   * Rows above `after` in number order without a gap: at most `maxRows`, and at least one row but then at most `maxBytes`. Throws OUTBOX_GAP, and
   * DATABASE_WENT_BACK when the counter is not above `after` or this timeline was not accepted yet.
   */
  outbox(shard: number, after: bigint, maxRows: number, maxBytes: number): Promise<readonly OutboxRow[]>;
  /**
   * At the start of a session, with the cursor it found and has compared with the counter: that accepts a new timeline of PostgreSQL, on which
   * commits are refused until then. Raises published_upto as `published` does. Throws as `published` does.
   */
  accepted(shard: number, epoch: bigint, cursor: bigint): Promise<void>;
  /**
   * After a known publication: raises published_upto and deletes rows at or below it that are older than a day. Never lowers it. Throws EPOCH_STALE,
   * or DATABASE_WENT_BACK when `upto` is not below the counter or the timeline was not accepted yet: `upto` may be far below the cursor when this
   * arrives after a failover, so it says nothing about whether what was published is still there.
   */
  published(shard: number, epoch: bigint, upto: bigint): Promise<void>;
  /** Calls back with a shard number soon after rows of it were committed by anyone. Best effort. Returns the way to stop listening. */
  onOutbox(listener: (shard: number) => void): () => void;
  /** The decision of a signal, for the synchronous path that met a duplicate. Null if there is none. */
  decisionOfSignal(tenantId: string, signalId: string): Promise<StoredDecision | null>;
  /** The signals that deferred candidates came from, by action id; what is not there any more is left out. */
  deferredSignals(deferrals: readonly DeferralKey[]): Promise<ReadonlyMap<string, MmmSignalInput>>;
  /** What an outcome would be recorded against, in one snapshot. To be read after the fold: read before it, the commit could not tell that it is old. */
  outcomeStanding(outcome: OutcomePlace): Promise<OutcomeStanding>;
  /**
   * One outcome: entry, row, receipt and outbox rows, all or nothing, under the shard's lock and without an epoch. A conflict if the actor does not stand
   * at (version, head) or the outcome id exists. Throws DATABASE_WENT_BACK, OVERLOADED, or DATABASE_UNAVAILABLE (then in doubt).
   */
  commitOutcome(commit: OutcomeCommit): Promise<ActorAnswer>;
}

export interface SignalKey {
  readonly tenantId: string;
  readonly signalId: string;
}

/** Unambiguous: the tenant's length goes first (tenant isolation by construction, G7). */
export const journalSignalKey = (tenantId: string, signalId: string): string =>
  `${tenantId.length}:${tenantId}${signalId}`;

export interface ShardStatus {
  readonly epoch: bigint;
  /** The number the next outbox row gets; the first is 1. */
  readonly nextNumber: bigint;
  /** -1: no session has ever committed a cursor. */
  readonly publishedUpto: bigint;
}

export interface FoldedActor {
  readonly key: ActorKey;
  /** 0 = never seen. */
  readonly version: number;
  /** Random id written anew with each commit; '' at version 0. */
  readonly head: string;
  readonly profile: ActorProfile | null;
  /** HMAC of the actor id under the actor's own key (design 3.8); null until the first decision makes the key. */
  readonly actorRef: string | null;
  /** Entries that can still matter (30 days), oldest first. */
  readonly entries: readonly JournalEntry[];
}

export interface CommitRequest {
  readonly shard: number;
  /** Null for a synchronous decision (design 3.3). */
  readonly epoch: bigint | null;
  readonly actors: readonly ActorCommit[];
  /** A session's own word of how far it has published, taken along: as `published`, in the same transaction. Absent: nothing to tell. */
  readonly publishedUpto?: bigint;
}

/** What one actor gains in this batch. Applied only if the actor stands at (version, head) and none of the signal ids exists. */
export interface ActorCommit {
  readonly key: ActorKey;
  readonly version: number;
  readonly head: string;
  readonly newHead: string;
  /** Set when the actor had no receipt key: stored with the actor if the commit wins. */
  readonly newReceiptKey: Uint8Array | null;
  readonly entries: readonly SignalEntry[];
  /** For each entry the signal as JSON text, so that it can be explained and planned again; null where its decision's `read` holds it. */
  readonly recorded: readonly (string | null)[];
  readonly decisions: readonly DecisionRow[];
  readonly outbox: readonly OutputRecord[];
  /** Candidates put off by these decisions. Absent: none. */
  readonly deferrals?: readonly DeferralRow[];
  /** Deferrals, made earlier or by this commit, that wait no more. Absent: none. */
  readonly closedDeferrals?: readonly ClosedDeferral[];
  /** Deferrals, made earlier or by this commit, that these signals made due. Absent: none. */
  readonly hastenedDeferrals?: readonly HastenedDeferral[];
  /** What these decisions opened that others may end. Absent: none. */
  readonly openMatters?: readonly OpenMatterRow[];
  /** What these signals ended, whoever was told about it. Absent: none. */
  readonly endings?: readonly EndingRow[];
}

export interface DecisionRow {
  readonly decisionId: string;
  readonly signalId: string;
  readonly decidedAtMs: number;
  /** MmmDecision as JSON text. */
  readonly body: string;
  /** Gate trace as JSON text. */
  readonly trace: string;
  /** What was read: the signal, policy snapshot, playbook versions, state digest, as JSON text (G3). The receipt holds its digest. */
  readonly read: string;
  readonly receiptId: string;
  /** Signed receipt: the very bytes that are published, UTF-8 JSON text. */
  readonly receipt: Uint8Array;
  readonly actions: readonly ActionRow[];
}

export interface ActionRow {
  readonly actionId: string;
  readonly playbookId: string;
  readonly playbookVersion: number;
  readonly actionType: string;
  readonly payloadHash: string;
}

export type ActorAnswer = { readonly status: 'committed'; readonly version: number } | { readonly status: 'conflict' };

export interface CommitAnswer {
  /** One for each actor of the request, in its order. */
  readonly actors: readonly ActorAnswer[];
  /** Number of the first outbox row written by this commit; the rows of committed actors follow in request order without a gap. Null: none. */
  readonly firstNumber: bigint | null;
  /** The shard's highest number after this commit. */
  readonly lastNumber: bigint;
}

export interface OutboxRow {
  readonly number: bigint;
  readonly record: OutputRecord;
}

export interface StoredDecision {
  readonly decisionId: string;
  readonly body: string;
  readonly receipt: string;
}

export interface OutcomePlace {
  readonly tenantId: string;
  readonly decisionId: string;
  readonly actionId: string;
  readonly outcomeId: string;
}

export interface OutcomeStanding {
  /** Null: the tenant has no such action of that decision (any more). */
  readonly action: ActionOnFile | null;
  /** The tenant's outcome with this id, of whatever action; null if there is none. */
  readonly stored: StoredOutcome | null;
}

export interface ActionOnFile {
  readonly actorId: string;
  readonly playbookId: string;
  readonly playbookVersion: number;
  readonly actionType: ActionType;
  /** Of its decision, as in DecisionRow. */
  readonly read: string;
  readonly trace: string;
  /** The decision's signed receipt as text. */
  readonly receipt: string;
  /** Everything reported of the action, oldest first. */
  readonly outcomes: readonly StoredOutcome[];
}

export interface StoredOutcome {
  readonly outcomeId: string;
  readonly actorId: string;
  readonly decisionId: string;
  readonly actionId: string;
  readonly result: OutcomeResult;
  readonly reason: string | null;
  readonly occurredAtMs: number;
  readonly recordedAtMs: number;
  readonly receiptId: string;
}

export interface OutcomeCommit {
  readonly shard: number;
  readonly key: ActorKey;
  /** At least 1: nobody is sent anything before a first commit. */
  readonly version: number;
  readonly head: string;
  readonly newHead: string;
  readonly newReceiptKey: Uint8Array | null;
  readonly entry: OutcomeEntry;
  readonly outcome: StoredOutcome;
  /** Signed receipt as the exact JSON text that is published. */
  readonly receipt: string;
  /** At least one. */
  readonly outbox: readonly OutputRecord[];
}
