import { type ActorKey, actorKeyText } from '../../src/domain/ids.ts';
import type { CachedState, StateCache } from '../../src/pipeline/ports/state-cache.ts';
import type { Server, Wire } from './wire.ts';
import type { SimProcess } from './world.ts';

/** As the adapter has it: waiting longer for a cache makes it slower than none. */
const COMMAND_TIMEOUT_MS = 100;

/** Redis: may be wiped, and may come back with the content of an older file. */
export class Redis {
  #states = new Map<string, CachedState>();
  #file = new Map<string, CachedState>();

  get(key: ActorKey): CachedState | null {
    return this.#states.get(actorKeyText(key)) ?? null;
  }

  putNewer(state: CachedState): void {
    const text = actorKeyText(state.key);
    const held = this.#states.get(text);
    if (held === undefined || held.version < state.version) this.#states.set(text, state);
  }

  wipe(): void {
    this.#states = new Map();
  }

  save(): void {
    this.#file = new Map(this.#states);
  }

  restore(): void {
    this.#states = new Map(this.#file);
  }
}

/** One process's cache: never throws, answers nulls when it is away. */
export class SimCache implements StateCache {
  readonly #wire: Wire;
  readonly #server: Server;
  readonly #process: SimProcess;
  readonly #redis: Redis;

  constructor(wire: Wire, server: Server, process: SimProcess, redis: Redis) {
    this.#wire = wire;
    this.#server = server;
    this.#process = process;
    this.#redis = redis;
  }

  async get(keys: readonly ActorKey[]): Promise<readonly (CachedState | null)[]> {
    const what = `cached ${keys.map((key) => key.actorId).join(',')}`;
    try {
      return await this.#command(what, () => keys.map((key) => this.#redis.get(key)));
    } catch {
      return keys.map(() => null);
    }
  }

  async putNewer(states: readonly CachedState[]): Promise<void> {
    const what = `cache ${states.map(({ key, version }) => `${key.actorId}@${version}`).join(',')}`;
    try {
      await this.#command(what, () => states.forEach((state) => this.#redis.putNewer(state)));
    } catch {
      // Lost: the next reader finds an older state.
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #command<T>(what: string, effect: () => T): Promise<T> {
    return this.#wire.call({
      process: this.#process,
      server: this.#server,
      what,
      timeoutMs: COMMAND_TIMEOUT_MS,
      effect,
      unanswered: () => new Error('no answer'),
    });
  }
}
