import type { MmmOrigin, MmmSignalInput } from '../../generated/records.ts';
import type { OutcomeReport } from '../../domain/outcome.ts';
import type { ErrorCode } from '../../errors.ts';

/** The source is part of the signal id, so that one signal by HTTP and by topic is one (interface 3). */
export const SIGNAL_SOURCES = ['pm3', 'ubi', 'detection', 'release', 'incident', 'trigger'] as const;
export type SignalSource = (typeof SIGNAL_SOURCES)[number];

/** Where a document comes from and when: everything of a record that is not its value. */
export interface DocumentContext {
  readonly origin: MmmOrigin;
  /** Milliseconds since the epoch; null by HTTP. Part of the id of a signal whose producer gives none. */
  readonly recordTimestampMs: number | null;
  /** A record that was put in again from a dead letter: where and when it stood first, for that id. */
  readonly replayOf?: { readonly partition: number; readonly offset: bigint; readonly timestampMs: number } | null;
  readonly receivedAtMs: number;
  /** Header `traceparent` as it came, null if there is none. */
  readonly traceParent: string | null;
}

/** What was mended or mapped to the lowest on the way: no error, but counted (C-14, D-64). */
export const NOTES = [
  'severity_unknown',
  'actor_type_unknown',
  'plane_unknown',
  'environment_unknown',
  'evaluation_point_unknown',
  'actor_scope_unknown',
  'time_without_zone',
  'text_repaired',
  'prd_envelope',
] as const;
export type Note = (typeof NOTES)[number];

export interface Rejection {
  readonly kind: 'rejected';
  /** intake: limits and secrets of any document; normalise: the rules of its source. */
  readonly stage: 'intake' | 'normalise';
  readonly code: ErrorCode;
  /** What, where (JSON path) and how to mend it. At most 1 KB, never a value of the document. */
  readonly message: string;
}

export type NormaliseOutcome =
  { readonly kind: 'normalised'; readonly signal: MmmSignalInput; readonly notes: readonly Note[] } | Rejection;

/**
 * One document to one signal: limits, secrets, then the rules of its source. Never throws on content. A promise only when a text had to go
 * to the secret rules, so that the hot path awaits nothing.
 */
export type NormaliseDocument = (
  source: SignalSource,
  document: unknown,
  context: DocumentContext,
) => NormaliseOutcome | Promise<NormaliseOutcome>;

export type OutcomeReading = { readonly kind: 'read'; readonly report: OutcomeReport } | Rejection;

/** What intake needs of the normalise stage; the HTTP routes for signals and triggers use the same one. */
export interface Normaliser {
  /** Limits that hold before anything is decoded: size, and for JSON text its depth. Null = go on. */
  checkBytes(bytes: Uint8Array): Rejection | null;
  readonly normalise: NormaliseDocument;
  /** One outcome report: the same limits and secrets, then its own rules. Never throws on content. */
  readonly readOutcome: (document: unknown, receivedAtMs: number) => OutcomeReading | Promise<OutcomeReading>;
  /** For text that could not be read as a document and is about to be copied to the dead letters. */
  textHoldsSecret(text: string): Promise<boolean>;
}

/** Origin of a document that came by HTTP. */
export const HTTP_ORIGIN: MmmOrigin = { topic: 'http', partition: -1, offset: '-1' };
