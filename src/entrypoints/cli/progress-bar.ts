import type { CliIo } from './command.ts';

/** What of a terminal the bar needs; `process.stderr` has it. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const DRAW_EVERY_MS = 100;
const LOG_EVERY_MS = 10_000;
const BAR_CELLS = 24;
const USUAL_COLUMNS = 80;
/** A rate over less than this says nothing. */
const RATE_FROM_MS = 1_000;

export interface Progress {
  readonly done: number;
  readonly all: number;
  readonly what: string;
  readonly elapsedMs: number;
}

/** `[########----------------]  33 %  330000 of 1000000 signals, 21000/s, 32 s left`. Never above 100 %: what is counted may grow meanwhile. */
export const progressText = ({ done, all, what, elapsedMs }: Progress): string => {
  const share = all <= 0 ? 1 : Math.min(1, done / all);
  const full = Math.floor(share * BAR_CELLS);
  const bar = `[${'#'.repeat(full)}${'-'.repeat(BAR_CELLS - full)}]`;
  const count = `${String(Math.floor(share * 100)).padStart(3)} %  ${done} of ${Math.max(all, done)} ${what}`;
  if (elapsedMs < RATE_FROM_MS || done === 0) return `${bar} ${count}`;
  const perSecond = (done * 1_000) / elapsedMs;
  const left = Math.ceil(Math.max(0, all - done) / perSecond);
  return `${bar} ${count}, ${Math.round(perSecond)}/s, ${left} s left`;
};

/**
 * How far a long run is, on standard error, so that standard output stays the answer alone: on a terminal one line that is written over and leaves
 * nothing behind, elsewhere (a log, a pipe) a line anew, and seldom.
 */
export class ProgressBar {
  readonly #io: Pick<CliIo, 'err'>;
  readonly #terminal: Terminal;
  readonly #now: () => number;
  readonly #what: string;
  readonly #startedMs: number;
  readonly #all: number;
  #toldMs: number;
  #drawn = false;

  constructor(
    io: Pick<CliIo, 'err'>,
    all: number,
    what: string,
    terminal: Terminal = process.stderr,
    now: () => number = () => performance.now(),
  ) {
    this.#io = io;
    this.#all = all;
    this.#what = what;
    this.#terminal = terminal;
    this.#now = now;
    this.#startedMs = now();
    // A terminal shows the bar at once; a run that is over in seconds leaves no line in a log.
    this.#toldMs = this.#terminal.isTTY === true ? -Infinity : this.#startedMs;
  }

  at(done: number): void {
    const now = this.#now();
    const isTerminal = this.#terminal.isTTY === true;
    if (now - this.#toldMs < (isTerminal ? DRAW_EVERY_MS : LOG_EVERY_MS)) return;
    this.#toldMs = now;
    const text = progressText({ done, all: this.#all, what: this.#what, elapsedMs: now - this.#startedMs });
    if (!isTerminal) return this.#io.err(text);
    this.#drawn = true;
    // A line that wraps could not be written over. A terminal that was told no size (`script`, some containers) says 0.
    const { columns = 0 } = this.#terminal;
    this.#terminal.write(`\r${text.slice(0, (columns > 0 ? columns : USUAL_COLUMNS) - 1)}\u001b[K`);
  }

  end(): void {
    if (!this.#drawn) return;
    this.#drawn = false;
    this.#terminal.write('\r\u001b[K');
  }
}
