import type { MmmDecision, MmmDelivery } from '../../src/generated/records.ts';
import type { JournalEntry, SignalEntry } from '../../src/domain/actor-state.ts';
import type { DecisionRow } from '../../src/pipeline/ports/journal.ts';
import type { LoggedRecord } from './broker.ts';
import type { Cluster } from './cluster.ts';
import type { Asked } from './operation.ts';
import type { Gain } from './postgres.ts';

/** Everything a run has left behind, read once for all checks. */
export interface Remains {
  readonly cluster: Cluster;
  readonly asked: readonly Asked[];
  /** Shards that stopped for good: PostgreSQL lost what was published. What is missing there is not the engine's loss. */
  readonly lost: ReadonlySet<number>;
  /** By actor, in the order of their versions. */
  readonly journal: ReadonlyMap<string, readonly Gain[]>;
  readonly decisions: ReadonlyMap<string, DecisionRow>;
  readonly outputs: readonly LoggedRecord[];
  readonly find: (invariant: string, what: string) => void;
}

export const isSignal = (entry: JournalEntry): entry is SignalEntry => entry.kind === 'signal';

export const textOf = (record: LoggedRecord): string => Buffer.from(record.value ?? []).toString();
export const decisionIn = (record: LoggedRecord): MmmDecision => JSON.parse(textOf(record)) as MmmDecision;
export const deliveryIn = (record: LoggedRecord): MmmDelivery => JSON.parse(textOf(record)) as MmmDelivery;
