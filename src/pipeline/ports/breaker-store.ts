import type { Evidence } from '../../domain/dead-letter-breaker.ts';

/** What is kept of a lane's breaker across processes, and what an operator wants of it. */
export interface BreakerRow {
  readonly channel: string;
  readonly lane: number;
  /** Null: not open. */
  readonly openedAtMs: number | null;
  /** Raised each time an operator asks for a trial now. */
  readonly tries: number;
  /** Until then an operator lets everything through. */
  readonly releasedUntilMs: number | null;
}

export interface BreakerOpening {
  readonly channel: string;
  readonly lane: number;
  readonly atMs: number;
  /** Of the first record that is held back. */
  readonly position: bigint;
  readonly evidence: Evidence & { readonly codes: Readonly<Record<string, number>> };
}

/** A store that is away costs only what it is for: a new process starts without the memory, and operators are not heard. */
export interface BreakerStore {
  rows(): Promise<readonly BreakerRow[]>;
  /** Kept from the first opening on until `close`. */
  open(opening: BreakerOpening): Promise<void>;
  close(channel: string, lane: number): Promise<void>;
}
