import { type ActorKey, actorKeyText } from '../../domain/ids.ts';
import type { CachedState, StateCache } from '../../pipeline/ports/state-cache.ts';

/** Rows (signals, sent actions, some for the state itself) kept; at about 250 bytes each this is 200 MB. The least recently used states go first. */
const MAX_ROWS = 800_000;
const ROWS_OF_A_STATE = 8;

const rowsOf = ({ state }: CachedState): number =>
  ROWS_OF_A_STATE +
  state.recent.length +
  state.sent.length +
  state.waiting.length +
  state.cards.length +
  state.dismissals.length;

/** The fatigue cache in process: embedded default, `try` and simulation. Same rule as in Redis: only forward. */
export class MemoryStateCache implements StateCache {
  readonly #states = new Map<string, CachedState>();
  readonly #maxRows: number;
  #rows = 0;

  constructor(maxRows = MAX_ROWS) {
    this.#maxRows = maxRows;
  }

  get(keys: readonly ActorKey[]): Promise<readonly (CachedState | null)[]> {
    return Promise.resolve(
      keys.map((key) => {
        const text = actorKeyText(key);
        const held = this.#states.get(text);
        if (held === undefined) return null;
        this.#states.delete(text);
        this.#states.set(text, held);
        return held;
      }),
    );
  }

  putNewer(states: readonly CachedState[]): Promise<void> {
    for (const state of states) {
      const text = actorKeyText(state.key);
      const held = this.#states.get(text);
      if (held !== undefined && held.version >= state.version) continue;
      this.#drop(text);
      this.#states.set(text, state);
      this.#rows += rowsOf(state);
    }
    for (const oldest of this.#states.keys()) {
      if (this.#rows <= this.#maxRows) break;
      this.#drop(oldest);
    }
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#states.clear();
    this.#rows = 0;
    return Promise.resolve();
  }

  #drop(text: string): void {
    const held = this.#states.get(text);
    if (held === undefined) return;
    this.#rows -= rowsOf(held);
    this.#states.delete(text);
  }
}
