import type { ActorKey } from '../../domain/ids.ts';
import type { ActorState } from '../../domain/actor-state.ts';

/** A projection that may be lost, stale or wiped at any time: the version check of the commit is what keeps decisions right. */
export interface StateCache {
  /** One answer per key, null when absent or unreadable. Never throws: a cache that is away answers nulls and says so in its health. */
  get(keys: readonly ActorKey[]): Promise<readonly (CachedState | null)[]>;
  /** Stores each state only if it is newer than what is there (design 3.2 step 5). Not awaited by the session; never rejects. */
  putNewer(states: readonly CachedState[]): Promise<void>;
  close(): Promise<void>;
}

export interface CachedState {
  readonly key: ActorKey;
  readonly version: number;
  readonly head: string;
  readonly actorRef: string | null;
  readonly state: ActorState;
}
