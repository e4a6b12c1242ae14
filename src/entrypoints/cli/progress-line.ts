import type { CliIo } from './command.ts';

/** On a terminal the line is written over; elsewhere (a log) it is written anew, and seldom. */
const TERMINAL_EVERY_MS = 100;
const LOG_EVERY_MS = 10_000;

/** How far a long run is, on standard error, so that standard output stays the answer alone. */
export class ProgressLine {
  readonly #io: CliIo;
  readonly #all: number;
  readonly #what: string;
  readonly #everyMs = process.stderr.isTTY ? TERMINAL_EVERY_MS : LOG_EVERY_MS;
  #writtenAtMs = performance.now();
  #written = false;

  constructor(io: CliIo, all: number, what = 'commits') {
    this.#io = io;
    this.#all = all;
    this.#what = what;
  }

  at(done: number): void {
    const now = performance.now();
    if (now - this.#writtenAtMs < this.#everyMs) return;
    this.#writtenAtMs = now;
    this.#written = true;
    const line = `${done} of ${this.#all} ${this.#what} (${Math.floor((100 * done) / this.#all)} %)`;
    if (process.stderr.isTTY) process.stderr.write(`\r${line}\u001b[K`);
    else this.#io.err(line);
  }

  /** Leaves a terminal as if nothing had been written. */
  end(): void {
    if (this.#written && process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  }
}
