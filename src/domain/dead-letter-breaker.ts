import type { ErrorCode } from '../errors.ts';

/**
 * When refusals say that a deploy is bad rather than the data. The rule, for each lane (partition of an input topic) by itself:
 *
 * 1. Only codes count that a change of ours could cause: of our code, of a schema or its registry, of the secret rules, of our clock. Fixed limits that
 *    are published (sizes, depth, keys) and bytes that are no JSON are the producer's doing alone.
 * 2. Evidence is weighed by sender, not by record: a sender fails when more than half of what it sent lately was refused so. One producer that sends
 *    rubbish, at whatever rate, is one failing sender among others; a bad deploy fails all of them.
 * 3. The breaker opens when at least `records` refusals of failing senders lie in the window and more than `sharePercent` of the senders seen there
 *    fail. A lane that only one sender uses opens too: nobody else waits behind it.
 * 4. A trial has no such minimum: what is tried is what was held back, and it must not drain away a few records at each restart.
 */
export interface BreakerLimits {
  readonly records: number;
  /** Of the senders, above 0 and up to 100; 100 can not be exceeded, so it never opens. */
  readonly sharePercent: number;
  readonly windowMs: number;
}

/** Long enough to have heard of senders that are seldom heard, short enough that yesterday's rubbish opens nothing. */
export const BREAKER_WINDOW_MS = 600_000;

/** Codes of rule 1. */
export const SUSPECT: ReadonlySet<ErrorCode> = new Set([
  'UNEXPECTED_FAILURE',
  'OUTPUT_TOO_LARGE',
  'AVRO_MALFORMED',
  'SCHEMA_ID_UNKNOWN',
  'SCHEMA_VIOLATION',
  'TENANT_MISSING',
  'ID_MISSING',
  'TIME_MISSING',
  'TIME_IN_FUTURE',
  // Its letters keep no content: what a bad rule refuses is lost, so that this is the code to stop for first.
  'SECRET_FOUND',
  // Of outcome reports: decisions that nobody knows any more, all at once, are a database that was put back.
  'RESOURCE_NOT_FOUND',
  'VALIDATION_ERROR',
]);

/** What became of one record: refused with a suspect code, or taken. Refused with another code: no evidence either way, and not here. */
export interface Outcome {
  readonly sender: string;
  readonly suspect: boolean;
}

interface Tally {
  taken: number;
  suspect: number;
}

/** Outcomes of some moments, oldest first. */
export interface Window {
  /** Senders and when something of theirs was taken last: a flood of one must not push out what is known of the others. */
  readonly well: ReadonlyMap<string, number>;
  readonly slices: readonly {
    readonly atMs: number;
    readonly records: number;
    readonly bySender: ReadonlyMap<string, Readonly<Tally>>;
  }[];
}

export const EMPTY_WINDOW: Window = { slices: [], well: new Map() };

/** The window holds no more than this many times the minimum: a long good past must not outweigh a bad present. */
const WINDOW_FACTOR = 4;

/** More senders than any lane of ours has; a bound all the same, because their names come from outside. */
const WELL_SENDERS_AT_MOST = 256;

const wellAfter = (
  well: ReadonlyMap<string, number>,
  bySender: ReadonlyMap<string, Readonly<Tally>>,
  atMs: number,
  windowMs: number,
): ReadonlyMap<string, number> => {
  const next = new Map([...well].filter(([, seenMs]) => seenMs > atMs - windowMs));
  for (const [sender, { taken }] of bySender) {
    if (taken === 0) continue;
    // Deleted first, so that the map stays in the order of time.
    next.delete(sender);
    next.set(sender, atMs);
  }
  return new Map([...next].slice(-WELL_SENDERS_AT_MOST));
};

const tallied = (outcomes: readonly Outcome[]): Map<string, Tally> => {
  const bySender = new Map<string, Tally>();
  for (const { sender, suspect } of outcomes) {
    const tally = bySender.get(sender) ?? { taken: 0, suspect: 0 };
    if (suspect) tally.suspect += 1;
    else tally.taken += 1;
    bySender.set(sender, tally);
  }
  return bySender;
};

/** The window with these added and what is too old, or more than it holds, gone. */
export const addOutcomes = (
  window: Window,
  outcomes: readonly Outcome[],
  atMs: number,
  { records, windowMs }: BreakerLimits,
): Window => {
  if (outcomes.length === 0) return window;
  const bySender = tallied(outcomes);
  const slices = [...window.slices, { atMs, records: outcomes.length, bySender }].filter(
    (slice) => slice.atMs > atMs - windowMs,
  );
  let held = slices.reduce((sum, slice) => sum + slice.records, 0);
  let first = 0;
  // The newest stays whole, however large.
  while (first < slices.length - 1 && held > records * WINDOW_FACTOR) held -= slices[first++]?.records ?? 0;
  return { slices: slices.slice(first), well: wellAfter(window.well, bySender, atMs, windowMs) };
};

export interface Evidence {
  /** Refused with suspect codes, of failing senders. */
  readonly refused: number;
  readonly records: number;
  readonly senders: number;
  readonly failingSenders: number;
}

const evidenceOf = (tallies: Iterable<Readonly<Tally>>): Evidence => {
  let [refused, records, senders, failingSenders] = [0, 0, 0, 0];
  for (const { taken, suspect } of tallies) {
    senders += 1;
    records += taken + suspect;
    if (suspect <= taken) continue;
    failingSenders += 1;
    refused += suspect;
  }
  return { refused, records, senders, failingSenders };
};

const merged = (window: Window): IterableIterator<Tally> => {
  const all = new Map<string, Tally>([...window.well.keys()].map((sender) => [sender, { taken: 0, suspect: 0 }]));
  for (const { bySender } of window.slices) {
    for (const [sender, { taken, suspect }] of bySender) {
      const tally = all.get(sender) ?? { taken: 0, suspect: 0 };
      all.set(sender, { taken: tally.taken + taken, suspect: tally.suspect + suspect });
    }
  }
  return all.values();
};

const mostFail = ({ failingSenders, senders }: Evidence, { sharePercent }: BreakerLimits): boolean =>
  failingSenders > 0 && failingSenders * 100 > senders * sharePercent;

/** The evidence that opens the breaker before a batch is written, null if it may pass. `window` does not hold the batch. */
export const opens = (
  window: Window,
  batch: readonly Outcome[],
  atMs: number,
  limits: BreakerLimits,
): Evidence | null => {
  if (!batch.some(({ suspect }) => suspect)) return null;
  const evidence = evidenceOf(merged(addOutcomes(window, batch, atMs, limits)));
  return evidence.refused >= limits.records && mostFail(evidence, limits) ? evidence : null;
};

/** The evidence that keeps an open breaker open, from what it holds back alone; null if it closes. */
export const staysOpen = (batch: readonly Outcome[], limits: BreakerLimits): Evidence | null => {
  const evidence = evidenceOf(tallied(batch).values());
  return mostFail(evidence, limits) ? evidence : null;
};
