import type { HeaderValue, OutputRecord } from './records.ts';

/**
 * A record as a neighbour sent it. The words are those of any queue, so that an intake from another broker is one more adapter:
 * `channel` is what it was published to, `lane` an ordered part of it, `position` its place in the lane (unique within it).
 */
export interface RawRecord {
  readonly channel: string;
  readonly lane: number;
  readonly position: bigint;
  readonly timestampMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, HeaderValue>>;
}

/** Records of one lane, in order. Resolving means all of them are settled (written on, or dead-lettered): the source may acknowledge. */
export type IntakeHandler = (batch: readonly RawRecord[]) => Promise<void>;

/**
 * A handler rejects with it to give a batch back and rest: its lane delivers nothing until `over` resolves, and then that batch again. Lanes beside it
 * go on; a handler that only waited would hold up every lane that shares a fetch with its own.
 */
export class LaneHeld extends Error {
  readonly over: Promise<void>;

  constructor(over: Promise<void>) {
    super('the lane is held');
    this.name = 'LaneHeld';
    this.over = over;
  }
}

/** Delivers every record at least once, a lane in order. A rejected handler means: nothing acknowledged, deliver the batch again. */
export interface IntakeSource {
  /** Resolves when delivery has been asked for; `health` says whether it is joined. */
  start(handler: IntakeHandler): Promise<void>;
  /** Takes no new batch, waits for the running ones, acknowledges them, leaves. */
  stop(): Promise<void>;
  health(): SourceHealth;
}

/** Of a member of a group, whatever it reads. */
export interface SourceHealth {
  readonly joined: boolean;
  readonly detail: string;
}

/** Where intake writes to: appended durably and in order per key before it resolves. At least once. */
export interface RecordWriter {
  append(records: readonly OutputRecord[]): Promise<void>;
  close(): Promise<void>;
}
