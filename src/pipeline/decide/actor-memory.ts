import { foldEntries } from '../../domain/decision/evolve.ts';
import type { ActorState } from '../../domain/actor-state.ts';
import { type ActorKey, actorKeyText } from '../../domain/ids.ts';
import type { FoldedActor, Journal } from '../ports/journal.ts';
import type { StateCache } from '../ports/state-cache.ts';
import { BoundedStates } from './bounded-states.ts';

/** Where an actor stands, as far as we believe. Wrong belief costs a conflict and a fold, never a wrong nudge (design 3.2). */
export interface Standing {
  readonly key: ActorKey;
  readonly version: number;
  readonly head: string;
  readonly actorRef: string | null;
  readonly state: ActorState;
}

export const standingOf = (folded: FoldedActor): Standing => ({
  key: folded.key,
  version: folded.version,
  head: folded.head,
  actorRef: folded.actorRef,
  state: foldEntries(folded.profile, folded.entries),
});

/** Rows that one session keeps at hand: 100 MB, 20,000 states of few signals, or 770 full ones. */
const MEMORY_MAX_ROWS = 400_000;

/**
 * States of a session's actors: its own memory, else the cache, else folded from the journal. One session, one memory: it dies with the session,
 * and moves only after the journal has answered a commit.
 */
export class ActorMemory {
  /** Copies come in rows, after a start that reads again or a rewind. At first they are, then if the batch before had any. */
  copiesAreLikely = true;
  readonly #held = new BoundedStates<Standing>(MEMORY_MAX_ROWS);
  readonly #journal: Journal;
  readonly #cache: StateCache;

  constructor(journal: Journal, cache: StateCache) {
    this.#journal = journal;
    this.#cache = cache;
  }

  /** `fresh` folds from the journal and believes nothing else: the answer to a conflict. */
  async standings(keys: readonly ActorKey[], from: 'nearest' | 'fresh'): Promise<Map<string, Standing>> {
    const found = new Map<string, Standing>();
    let missing = keys;
    if (from === 'nearest') {
      missing = this.#takeHeld(missing, found);
      if (missing.length > 0) missing = await this.#takeCached(missing, found);
    }
    if (missing.length > 0) {
      for (const folded of await this.#journal.fold(missing)) found.set(actorKeyText(folded.key), standingOf(folded));
    }
    return found;
  }

  /** After the commit's answer only: in memory at once, in the cache when it gets there. */
  advance(standings: readonly Standing[]): void {
    for (const standing of standings) this.#held.put(actorKeyText(standing.key), standing);
    this.#held.trim();
    void this.#cache.putNewer(standings);
  }

  forget(keys: readonly ActorKey[]): void {
    for (const key of keys) this.#held.drop(actorKeyText(key));
  }

  #takeHeld(keys: readonly ActorKey[], found: Map<string, Standing>): ActorKey[] {
    return keys.filter((key) => {
      const text = actorKeyText(key);
      const held = this.#held.get(text);
      if (held === undefined) return true;
      found.set(text, held);
      return false;
    });
  }

  async #takeCached(keys: readonly ActorKey[], found: Map<string, Standing>): Promise<ActorKey[]> {
    const cached = await this.#cache.get(keys);
    return keys.filter((key, index) => {
      const standing = cached[index];
      if (standing === null || standing === undefined) return true;
      found.set(actorKeyText(key), standing);
      return false;
    });
  }
}
