import type { Logger } from '../pipeline/ports/logger.ts';

/** Something with a start and a stop. `stop` is called only after `start` has resolved. */
export interface Part {
  readonly name: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Ordered stop has this long (design: within 10 s under load); afterwards the process ends hard, which loses nothing by design. */
export const STOP_DEADLINE_MS = 10_000;

/** Starts parts in order, stops them in reverse, and rolls back a half start (style 10). Stopping twice is stopping once. */
export class Lifecycle {
  readonly #parts: Part[] = [];
  readonly #started: Part[] = [];
  readonly #logger: Logger;
  #stopping: Promise<void> | null = null;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  add(name: string, start: () => Promise<void>, stop: () => Promise<void>): void {
    this.#parts.push({ name, start, stop });
  }

  async start(): Promise<void> {
    for (const part of this.#parts) {
      try {
        await part.start();
        this.#started.push(part);
      } catch (error) {
        this.#logger.error('start_failed', { part: part.name, error });
        await this.stop();
        throw error;
      }
    }
  }

  /** Resolves when everything has stopped; a part that fails to stop does not keep the others from it. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<void> {
    for (const part of [...this.#started].reverse()) {
      try {
        await part.stop();
      } catch (error) {
        this.#logger.error('stop_failed', { part: part.name, error });
      }
    }
  }
}
