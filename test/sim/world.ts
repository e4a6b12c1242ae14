import { setImmediate as turnOfTheEventLoop } from 'node:timers/promises';
import type { Random } from './random.ts';

/** A process of the operating system: what it waits for never comes once it is dead, and comes late while it is stalled. */
export class SimProcess {
  readonly name: string;
  alive = true;
  stalledUntilMs = 0;
  /** Told when the process dies or stalls: its group membership runs out. */
  readonly onTrouble = new Set<() => void>();

  constructor(name: string) {
    this.name = name;
  }
}

interface Event {
  atMs: number;
  /** Breaks ties of time by chance, so that what is due together comes in any order. */
  readonly tie: number;
  readonly owner: SimProcess | null;
  readonly what: string;
  readonly run: () => void;
  cancelled: boolean;
}

export type Cancel = () => void;

/** Start of every simulated history: half a minute before midnight, because caps count calendar days. */
const START_MS = Date.parse('2026-03-04T23:59:30Z');

const FNV_PRIME = 0x01000193;

/**
 * One thread, one queue of events, virtual time. An event is the only way for a simulated process to go on after an await, so that the order of the
 * events is the whole of a run: same seed, same steps. Between two events all that can go on without an event does.
 */
export class World {
  readonly random: Random;
  nowMs = 0;
  steps = 0;
  kills = 0;
  /** Over every step: two runs of a seed were the same if it is. */
  digest = 0x811c9dc5;
  #sleptMs = 0;
  readonly #heap: Event[] = [];
  readonly #tell: ((line: string) => void) | null;

  constructor(random: Random, tell: ((line: string) => void) | null = null) {
    this.random = random;
    this.#tell = tell;
  }

  /** Runs `run` after `delayMs`; never if its process dies before, later if it is stalled then. */
  after(delayMs: number, owner: SimProcess | null, what: string, run: () => void): Cancel {
    const event: Event = {
      atMs: this.nowMs + Math.max(0, delayMs),
      tie: this.random.next(),
      owner,
      what,
      run,
      cancelled: false,
    };
    this.#push(event);
    return () => {
      event.cancelled = true;
    };
  }

  /** What every clock on a wall shows, in whole milliseconds. */
  get wallMs(): number {
    return START_MS + Math.trunc(this.nowMs + this.#sleptMs);
  }

  /** The hosts were paused: the clocks on the walls went on, the processes did not. */
  sleep(ms: number): void {
    this.#sleptMs += ms;
    this.note(null, `everything slept for ${ms / 60_000} minutes`);
  }

  /** Something that happens by itself, for the trace and the digest. */
  note(owner: SimProcess | null, what: string): void {
    this.#step(owner, what);
  }

  /** Reading a clock stands for the work between two readings: a moment, now and then a long one. */
  work(): number {
    this.nowMs += this.random.chance(0.02) ? this.random.between(2, 15) : 0.01;
    return this.nowMs;
  }

  kill(process: SimProcess): void {
    if (!process.alive) return;
    process.alive = false;
    this.kills += 1;
    this.note(process, 'KILLED');
    for (const tell of process.onTrouble) tell();
  }

  stall(process: SimProcess, ms: number): void {
    process.stalledUntilMs = Math.max(process.stalledUntilMs, this.nowMs + ms);
    this.note(process, `STALLED for ${Math.round(ms)} ms`);
    for (const tell of process.onTrouble) tell();
  }

  /** Until `done` says so; false when nothing more can happen or `limitMs` of virtual time have gone by. */
  async run(done: () => boolean, limitMs: number): Promise<boolean> {
    const deadline = this.nowMs + limitMs;
    await turnOfTheEventLoop();
    while (!done()) {
      const event = this.#pop();
      if (event === null) return false;
      if (event.cancelled || event.owner?.alive === false) continue;
      const stalledUntilMs = event.owner?.stalledUntilMs ?? 0;
      if (stalledUntilMs > Math.max(event.atMs, this.nowMs)) {
        event.atMs = stalledUntilMs;
        this.#push(event);
        continue;
      }
      if (event.atMs > deadline) {
        this.#push(event);
        this.nowMs = Math.max(this.nowMs, deadline);
        return false;
      }
      this.nowMs = Math.max(this.nowMs, event.atMs);
      this.#step(event.owner, event.what);
      event.run();
      await turnOfTheEventLoop();
    }
    return true;
  }

  #step(owner: SimProcess | null, what: string): void {
    this.steps += 1;
    const line = owner === null ? what : `${owner.name}: ${what}`;
    let digest = this.digest ^ Math.trunc(this.nowMs * 1000);
    for (let at = 0; at < line.length; at++) digest = Math.imul(digest ^ line.charCodeAt(at), FNV_PRIME);
    this.digest = digest | 0;
    this.#tell?.(`${String(this.steps).padStart(6)} ${(this.nowMs / 1000).toFixed(4).padStart(9)} s  ${line}`);
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(event, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): Event | null {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) return null;
    if (heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1;
      if (!before(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

const before = (a: Event, b: Event): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.tie < b.tie);
