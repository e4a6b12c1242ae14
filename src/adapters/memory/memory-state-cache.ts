import { type ActorKey, actorKeyText } from '../../domain/ids.ts';
import { BoundedStates } from '../../pipeline/decide/bounded-states.ts';
import type { CachedState, StateCache } from '../../pipeline/ports/state-cache.ts';

/** Rows (signals, sent actions, some for the state itself) kept; at about 250 bytes each this is 200 MB. The least recently used states go first. */
const MAX_ROWS = 800_000;

/** The fatigue cache in process: embedded default, `try` and simulation. Same rule as in Redis: only forward. */
export class MemoryStateCache implements StateCache {
  readonly #states: BoundedStates<CachedState>;

  constructor(maxRows = MAX_ROWS) {
    this.#states = new BoundedStates(maxRows);
  }

  get(keys: readonly ActorKey[]): Promise<readonly (CachedState | null)[]> {
    return Promise.resolve(
      keys.map((key) => {
        const text = actorKeyText(key);
        const held = this.#states.get(text);
        if (held === undefined) return null;
        this.#states.touch(text);
        return held;
      }),
    );
  }

  putNewer(states: readonly CachedState[]): Promise<void> {
    for (const state of states) {
      const text = actorKeyText(state.key);
      const held = this.#states.get(text);
      if (held !== undefined && held.version >= state.version) continue;
      this.#states.put(text, state);
    }
    this.#states.trim();
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#states.clear();
    return Promise.resolve();
  }
}
