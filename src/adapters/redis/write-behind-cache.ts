import { type ActorKey, actorKeyText } from '../../domain/ids.ts';
import type { CachedState, StateCache } from '../../pipeline/ports/state-cache.ts';

/**
 * A person at work sends signals in bursts, and each rewrote a state that may be 40 KB. Another process that meets a state this much older loses one
 * round to the version check and folds, which takes milliseconds; so does whoever takes over after a kill.
 */
const WRITE_EVERY_MS = 5_000;
/** What has waited long enough is looked for this often: all of it at once every few seconds held up the signals of that moment. */
const LOOK_EVERY_MS = 100;
/** Written together; then everything else of the process has its turn, and the store's time limit does not run out on our own encoding. */
const PER_WRITE = 50;

interface Waiting {
  readonly dueMs: number;
  readonly state: CachedState;
}

/**
 * A state cache that is written to behind, each state at most once in `everyMs` and the newest only. Reads see what is not written yet: within this
 * process nothing is older for it. `close` writes what is left.
 */
export class WriteBehindCache implements StateCache {
  readonly #behind: StateCache;
  readonly #everyMs: number;
  /** In the order of their due times: a newer state of an actor takes the place of the one that waits. */
  readonly #waiting = new Map<string, Waiting>();
  /** Of a write under way: still seen by reads. */
  #leaving: ReadonlyMap<string, CachedState> = new Map();
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> | null = null;

  constructor(behind: StateCache, everyMs = WRITE_EVERY_MS) {
    this.#behind = behind;
    this.#everyMs = everyMs;
  }

  async get(keys: readonly ActorKey[]): Promise<readonly (CachedState | null)[]> {
    const own = keys.map((key) => {
      const text = actorKeyText(key);
      return this.#waiting.get(text)?.state ?? this.#leaving.get(text);
    });
    const asked = keys.filter((_, at) => own[at] === undefined);
    if (asked.length === 0) return own.map((state) => state ?? null);
    const found = (await this.#behind.get(asked)).values();
    return own.map((state) => state ?? found.next().value ?? null);
  }

  putNewer(states: readonly CachedState[]): Promise<void> {
    const fromNowMs = performance.now() + this.#everyMs;
    for (const state of states) {
      const text = actorKeyText(state.key);
      const waiting = this.#waiting.get(text);
      const known = waiting?.state ?? this.#leaving.get(text);
      if (known !== undefined && known.version >= state.version) continue;
      this.#waiting.set(text, { dueMs: waiting?.dueMs ?? fromNowMs, state });
    }
    this.#arm();
    return Promise.resolve();
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#writing;
    await this.#write(Infinity);
    await this.#behind.close();
  }

  #arm(): void {
    if (this.#timer !== null || this.#waiting.size === 0) return;
    const look = (): void => {
      this.#timer = null;
      this.#writing ??= this.#write(performance.now()).finally(() => {
        this.#writing = null;
        this.#arm();
      });
    };
    this.#timer = setTimeout(look, Math.min(this.#everyMs, LOOK_EVERY_MS));
    this.#timer.unref();
  }

  async #write(dueUntilMs: number): Promise<void> {
    const leaving = new Map<string, CachedState>();
    for (const [text, { dueMs, state }] of this.#waiting) {
      if (dueMs > dueUntilMs) break;
      leaving.set(text, state);
      this.#waiting.delete(text);
    }
    this.#leaving = leaving;
    const states = [...leaving.values()];
    for (let from = 0; from < states.length; from += PER_WRITE) {
      await this.#behind.putNewer(states.slice(from, from + PER_WRITE));
    }
    this.#leaving = new Map();
  }
}
