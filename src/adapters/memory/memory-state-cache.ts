import { type ActorKey, actorKeyText } from '../../domain/ids.ts';
import type { CachedState, StateCache } from '../../pipeline/ports/state-cache.ts';

/** States kept beyond this are dropped, least recently used first; at about 2 KB a state that is 100 MB. */
const MAX_STATES = 50_000;

/** The fatigue cache in process: embedded default, `try` and simulation. Same rule as in Redis: only forward. */
export class MemoryStateCache implements StateCache {
  readonly #states = new Map<string, CachedState>();

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
      this.#states.delete(text);
      this.#states.set(text, state);
    }
    for (const oldest of this.#states.keys()) {
      if (this.#states.size <= MAX_STATES) break;
      this.#states.delete(oldest);
    }
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#states.clear();
    return Promise.resolve();
  }
}
