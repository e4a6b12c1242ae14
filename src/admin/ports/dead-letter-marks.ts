import type { Letter } from '../dead-letters/letter.ts';

/** Which letters were put in again. Forgotten after the time that the topic keeps letters. */
export interface ReplayedLetters {
  /** Identities (dead-letters/letter.ts) of all that were put in again. */
  identities(): Promise<ReadonlySet<string>>;
  mark(replayId: string, letters: readonly Letter[]): Promise<void>;
}

/** One line in mmm_audit of what an operator did to the whole installation. */
export interface OperatorAudit {
  write(line: {
    readonly who: string;
    readonly what: string;
    readonly subject: string;
    readonly details: Readonly<Record<string, unknown>>;
  }): Promise<void>;
}

/** Deletes the records of a topic that stand before the offsets given, by partition. A log is only cut at its head. */
export type CutTopic = (topic: 'mmm.dlq', before: ReadonlyMap<number, bigint>) => Promise<void>;
