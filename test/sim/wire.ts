import type { Faults } from './faults.ts';
import { NO_FAULTS } from './faults.ts';
import type { SimProcess, World } from './world.ts';

/** A store or broker as seen from the network. */
export class Server {
  readonly name: string;
  /** One way, in milliseconds. */
  readonly latencyMs: readonly [low: number, high: number];
  awayUntilMs = 0;
  /** Its connections hang: until then many requests wait at their sender for one that works. */
  hangsUntilMs = 0;
  /** Raised when every connection breaks. */
  connections = 0;

  constructor(name: string, latencyMs: readonly [low: number, high: number]) {
    this.name = name;
    this.latencyMs = latencyMs;
  }
}

export interface Call<T> {
  readonly process: SimProcess;
  readonly server: Server;
  readonly what: string;
  /** The caller waits no longer for the answer. */
  readonly timeoutMs: number;
  /** What the server does, all of it in one moment. What it throws is an answer. */
  readonly effect: () => T | Promise<T>;
  /** What the caller throws when no answer comes. */
  readonly unanswered: () => Error;
}

const LATEST_MS = 15_000;
/** Share of the requests that find no connection while these hang. */
const HANGING = 0.4;
/** A connection that breaks is noticed sooner than a timeout. */
const BROKEN_MS = [1, 40] as const;

/**
 * Every await of a port call goes through here: the process may die or stall before the request leaves and when the answer comes, the request or the
 * answer may be lost, and the request may arrive when its sender has long given up.
 */
export class Wire {
  readonly world: World;
  faults: Faults = NO_FAULTS;

  constructor(world: World) {
    this.world = world;
  }

  async call<T>(call: Call<T>): Promise<T> {
    const { random } = this.world;
    await this.#goOn(call.process, call.what);
    const hangsMs = call.server.hangsUntilMs - this.world.nowMs;
    if (random.chance(hangsMs > 0 ? HANGING : this.faults.queued)) {
      const waitMs = hangsMs > 0 ? hangsMs + random.between(0, 300) : random.between(10, 3_000);
      await this.pause(call.process, `${call.what} waits for a connection`, waitMs);
    }
    return new Promise<T>((resolve, reject) => {
      const flight = new Flight(this.world, call, this.faults, (settle) => {
        void this.#goOn(call.process, call.what).then(() => settle(resolve, reject));
      });
      if (random.chance(this.faults.loseRequest)) flight.fail('request lost');
      else flight.leave();
    });
  }

  /** A wait of the process itself. Rejects when the signal aborts, as the stages' `pause` does. */
  async pause(process: SimProcess, what: string, ms: number, signal?: AbortSignal): Promise<void> {
    await this.#goOn(process, what);
    await new Promise<void>((resolve, reject) => {
      const aborted = (): void => {
        cancel();
        reject(asError(signal?.reason));
      };
      const cancel = this.world.after(ms, process, what, () => {
        signal?.removeEventListener('abort', aborted);
        resolve();
      });
      if (signal?.aborted === true) aborted();
      else signal?.addEventListener('abort', aborted, { once: true });
    });
  }

  /** Here a process dies or stalls, if it does. */
  async #goOn(process: SimProcess, what: string): Promise<void> {
    const { random } = this.world;
    if (process.alive && random.chance(this.faults.crash)) this.world.kill(process);
    if (!process.alive) await new Promise<never>(() => {});
    if (random.chance(this.faults.stall)) {
      const seconds = random.chance(0.5) ? random.between(0.05, 2) : random.between(5, 25);
      this.world.stall(process, seconds * 1000);
    }
    if (process.stalledUntilMs <= this.world.nowMs) return;
    await new Promise<void>((resolve) => this.world.after(0, process, `${what} goes on`, resolve));
  }
}

type Settle<T> = (resolve: (value: T) => void, reject: (error: Error) => void) => void;

/** One request and its answer. */
class Flight<T> {
  readonly #world: World;
  readonly #call: Call<T>;
  readonly #faults: Faults;
  readonly #deliver: (settle: Settle<T>) => void;
  readonly #sentAtMs: number;
  readonly #connections: number;
  /** The caller has its answer, whatever becomes of the request. */
  #told = false;

  constructor(world: World, call: Call<T>, faults: Faults, deliver: (settle: Settle<T>) => void) {
    this.#world = world;
    this.#call = call;
    this.#faults = faults;
    this.#deliver = deliver;
    this.#sentAtMs = world.nowMs;
    this.#connections = call.server.connections;
  }

  leave(): void {
    const { random } = this.#world;
    const late = random.chance(this.#faults.lateRequest);
    if (late) this.fail('given up');
    this.#arriveIn(late ? random.between(20, LATEST_MS) : this.#latency());
  }

  fail(why: string): void {
    const { random } = this.#world;
    this.#failIn(random.chance(0.7) ? random.between(...BROKEN_MS) : this.#leftMs, why);
  }

  get #leftMs(): number {
    return this.#sentAtMs + this.#call.timeoutMs - this.#world.nowMs;
  }

  #failIn(ms: number, why: string): void {
    if (this.#told) return;
    this.#told = true;
    const { process, what, unanswered } = this.#call;
    this.#world.after(ms, process, `${what} ${why}`, () => this.#deliver((_resolve, reject) => reject(unanswered())));
  }

  #arriveIn(ms: number): void {
    const { process, what } = this.#call;
    this.#world.after(ms, null, `${what} of ${process.name} arrives`, () => this.#arrive());
  }

  #arrive(): void {
    const { server, process, effect } = this.#call;
    const awayMs = server.awayUntilMs - this.#world.nowMs;
    if (awayMs > 0) {
      if (awayMs > this.#leftMs) this.#failIn(this.#leftMs, 'timed out');
      this.#arriveIn(awayMs + this.#world.random.between(0, 50));
      return;
    }
    // Half of what was under way is cut off with its connection; the other half waited for a free one, and goes out on a new one.
    const broken = this.#connections !== server.connections || !process.alive;
    if (broken && this.#world.random.chance(0.5)) {
      this.#failIn(0, 'cut off');
      return;
    }
    let result: T | Promise<T>;
    try {
      result = effect();
    } catch (error) {
      this.#answer((_resolve, reject) => reject(asError(error)), 'refused');
      return;
    }
    if (result instanceof Promise) {
      result.then(
        (value) => this.#answer((resolve) => resolve(value), 'answered'),
        (error: unknown) => this.#answer((_resolve, reject) => reject(asError(error)), 'refused'),
      );
    } else {
      const value = result;
      this.#answer((resolve) => resolve(value), 'answered');
    }
  }

  #answer(settle: Settle<T>, how: string): void {
    if (this.#told) return;
    if (this.#world.random.chance(this.#faults.loseReply)) {
      this.fail('reply lost');
      return;
    }
    const ms = this.#latency();
    if (ms > this.#leftMs) {
      this.#failIn(this.#leftMs, 'timed out');
      return;
    }
    this.#told = true;
    const { process, what } = this.#call;
    this.#world.after(ms, process, `${what} ${how}`, () => this.#deliver(settle));
  }

  #latency(): number {
    const { random } = this.#world;
    const [low, high] = this.#call.server.latencyMs;
    return random.between(low, high) * (random.chance(this.#faults.slow) ? random.between(5, 100) : 1);
  }
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
