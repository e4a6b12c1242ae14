import type { Logger } from '../pipeline/ports/logger.ts';

/** Something with a start and a stop. `stop` is called only after `start` has resolved. */
export interface Part {
  readonly name: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Ordered stop has this long (design: within 10 s under load); afterwards the process ends hard, which loses nothing by design. */
export const STOP_DEADLINE_MS = 10_000;

/**
 * Starts parts in order, stops them in reverse, and rolls back a half start (style 10). Stopping twice is stopping once; stopping while a part is
 * still starting waits for that part alone and starts none after it.
 */
export class Lifecycle {
  readonly #parts: Part[] = [];
  readonly #started: Part[] = [];
  readonly #logger: Logger;
  #starting: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | null = null;
  #busyWith: string | null = null;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** The part that is starting or stopping now: what a stop that takes too long waits for. */
  get busyWith(): string | null {
    return this.#busyWith;
  }

  add(name: string, start: () => Promise<void>, stop: () => Promise<void>): void {
    this.#parts.push({ name, start, stop });
  }

  /** Resolves early, with the rest not started, if it is told to stop meanwhile. */
  async start(): Promise<void> {
    this.#starting = this.#startAll();
    try {
      await this.#starting;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Resolves when everything has stopped; a part that fails to stop does not keep the others from it. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #startAll(): Promise<void> {
    for (const part of this.#parts) {
      if (this.#stopping !== null) return;
      this.#busyWith = part.name;
      try {
        await part.start();
      } catch (error) {
        this.#logger.error('start_failed', { part: part.name, error });
        throw error;
      }
      this.#started.push(part);
    }
    this.#busyWith = null;
  }

  async #stopAll(): Promise<void> {
    // A part that is half started can neither be used nor stopped. If its start failed, it is not among those to stop.
    await this.#starting.catch(() => undefined);
    for (const part of [...this.#started].reverse()) {
      this.#busyWith = part.name;
      const since = performance.now();
      try {
        await part.stop();
      } catch (error) {
        this.#logger.error('stop_failed', { part: part.name, error });
      }
      this.#logger.info('part_stopped', { part: part.name, after_ms: Math.round(performance.now() - since) });
    }
    this.#busyWith = null;
  }
}
