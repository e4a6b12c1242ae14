import type { ActorProfile, JournalEntry } from '../../domain/actor-state.ts';
import type { OutcomeReport } from '../../domain/outcome.ts';
import type { ActionType } from '../../domain/vocabulary.ts';
import type { OutputRecord } from '../../pipeline/ports/records.ts';
import type { RulesHistory } from '../recorded-history.ts';

/** Everything that is stored of what receipts attest, for re-execution: reads only. Throws DATABASE_UNAVAILABLE. */
export interface ReceiptEvidence {
  /** A receipt holds a digest in place of a tenant's id that ERIS would refuse: the ids to compare with. */
  tenants(): Promise<readonly string[]>;
  decision(tenantId: string, receiptId: string): Promise<DecisionEvidence | null>;
  outcome(tenantId: string, receiptId: string): Promise<OutcomeEvidence | null>;
  actor(tenantId: string, actorId: string): Promise<ActorEvidence | null>;
  /** The actor's whole journal as far as it is kept, by version. */
  journal(tenantId: string, actorId: string): Promise<readonly JournalLine[]>;
  rules(tenantId: string): Promise<RulesHistory>;
  /** By action id, `{signal}` as JSON text; what is not kept is left out. */
  deferredFacts(tenantId: string, actionIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Whether an erasure of the actor with this pseudonym is on record: then nothing of it is expected to be there. */
  isErased(tenantId: string, actorRef: string): Promise<boolean>;
  /** Rows that still wait or are still kept, by decision id, in order; of decisions, not of outcomes. */
  outbox(decisionIds: readonly string[]): Promise<ReadonlyMap<string, readonly OutboxLine[]>>;
}

export interface DecisionEvidence {
  readonly decisionId: string;
  readonly signalId: string;
  readonly actorId: string;
  readonly decidedAtMs: number;
  readonly receiptId: string;
  readonly body: string;
  readonly trace: string;
  readonly read: string;
  readonly receipt: string;
  /** By action id. */
  readonly actions: readonly StoredAction[];
  readonly deferrals: readonly StoredDeferral[];
}

export interface StoredAction {
  readonly actionId: string;
  readonly playbookId: string;
  readonly playbookVersion: number;
  readonly actionType: ActionType;
  readonly payloadHash: string;
}

export interface StoredDeferral {
  readonly actionId: string;
  readonly attempt: number;
  readonly dueAtMs: number;
  readonly expiresAtMs: number;
  /** `{signal}` as JSON text. */
  readonly facts: string;
}

export interface OutcomeEvidence {
  readonly report: OutcomeReport;
  readonly recordedAtMs: number;
  readonly receipt: string;
  /** Null: deleted with its decision after 90 days. */
  readonly decision:
    (Pick<DecisionEvidence, 'receipt' | 'read' | 'trace'> & { readonly action: StoredAction | null }) | null;
}

export interface ActorEvidence {
  readonly version: number;
  readonly profile: ActorProfile | null;
  /** Null: there is no receipt key (any more). */
  readonly actorRef: string | null;
  /** The newest entry that retention has taken; null: none was. */
  readonly purged: { readonly version: number; readonly chain: string; readonly decidedAtMs: number } | null;
}

export interface JournalLine {
  readonly entry: JournalEntry;
  /** The stored text says the entry and nothing else: a member that no fold reads would be in no digest either. */
  readonly isExact: boolean;
}

export interface OutboxLine {
  /** `shard:number`. */
  readonly at: string;
  readonly record: OutputRecord;
  /** The first row of its shard that is there: what was before it may have been deleted after publication. */
  readonly isFirst: boolean;
}
