import type { JournalEntry } from '../../src/domain/actor-state.ts';
import { actorKeyText } from '../../src/domain/ids.ts';
import type { SignalResult } from '../../src/domain/vocabulary.ts';
import type { DecisionRow } from '../../src/pipeline/ports/journal.ts';

/** What a broken invariant means for those who receive: the columns of a report. */
export const HARMS = ['lost', 'duplicated', 'out of order', 'over cap', 'other'] as const;
export type Harm = (typeof HARMS)[number];

export type Find = (invariant: string, what: string, harm: Harm) => void;

/** A record of an output topic as a `read_committed` consumer sees it. */
export interface Shown {
  readonly topic: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The value, decoded. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly value: Uint8Array;
  /** What became visible together has the same; undefined where the reader can not tell, as with a real broker. Null: not transactional at all. */
  readonly transaction?: object | null;
}

/** A row of the outbox: what was decided to be published. */
export interface Row {
  readonly topic: string;
  readonly value: Uint8Array;
  readonly decisionId: string;
}

/** A signal that is good: what has to become of it. */
export interface Expected {
  readonly signalId: string;
  /** For the person who reads a finding. */
  readonly name: string;
  /** By HTTP nobody promises an order against the topic. */
  readonly byHttp: boolean;
  readonly result: SignalResult;
  /** It was accepted, so it must have its result; else it only may. */
  readonly mustHaveResult: boolean;
  readonly shard: number;
}

/** A client that asked over HTTP. */
export interface Answered {
  readonly name: string;
  readonly signalId: string;
  readonly shard: number;
  /** JSON text of the decision it was told; null: told that there is none, or nothing is stored; undefined: it was never told anything. */
  readonly decision: string | null | undefined;
}

export interface Quotas {
  readonly perDay: number;
  readonly perHour: number;
}

/**
 * Everything that a run has left behind, read once for all checks. Filled from the simulated stores or from real ones: the checks are the same.
 * Actors are named by their key text `tenant|actor`.
 */
export interface Remains {
  readonly partitions: number;
  readonly quotasOf: (tenantId: string) => Quotas;
  /** Shards that stopped for good: PostgreSQL lost what was published. What is missing there is not the engine's loss. */
  readonly lostShards: ReadonlySet<number>;
  /** Signals whose results PostgreSQL lost with a restore; those of them that had no outputs are nowhere to be found. */
  readonly undone: ReadonlySet<string>;
  readonly undoneWithoutTrace: ReadonlySet<string>;
  readonly expected: ReadonlyMap<string, Expected>;
  /** Signals that the engine sends to itself: they may be there. */
  readonly reentries: ReadonlySet<string>;
  /** By actor, in the order of their versions. */
  readonly journal: ReadonlyMap<string, readonly JournalEntry[]>;
  readonly decisions: ReadonlyMap<string, DecisionRow>;
  /** The rows of a shard from number 1 on. */
  readonly rows: (shard: number) => readonly Row[];
  readonly outputs: readonly Shown[];
  /** The broker forgot how far the inputs were read, so all of them were read once more: then decide, too, writes its dead letters again. */
  readonly readAgain: boolean;
  /** How many dead letters there are of each source place `topic/partition/offset`. */
  readonly letters: ReadonlyMap<string, number>;
  /** Where records lie that are not good. */
  readonly badPlaces: ReadonlySet<string>;
  /** By actor the ids of its signals in `mmm.signals`, each where it stands first. */
  readonly signalOrder: ReadonlyMap<string, readonly string[]>;
  /** The same in the topics of the neighbours. */
  readonly sourceOrder: ReadonlyMap<string, readonly string[]>;
  readonly answers: readonly Answered[];
  readonly find: Find;
}

/** The key text of whom a decision or a delivery is about. */
export const actorOf = (body: Readonly<Record<string, unknown>>): string => {
  const { tenant_id, actor_id } = body as { tenant_id: string; actor_id: string | null };
  return actorKeyText({ tenantId: tenant_id, actorId: actor_id ?? '' });
};

/** Adds to a list of a map; the ids of one list stay unique. */
export const addOnce = (lists: Map<string, string[]>, key: string, id: string): void => {
  const held = lists.get(key) ?? [];
  if (!held.includes(id)) held.push(id);
  lists.set(key, held);
};
