import type { TopicName } from '../../generated/topics.ts';
import { type RecordedLine, signalOf } from '../recorded-history.ts';

/** What a replay is about. The tenant is not part of it: a plan belongs to the tenant of the token it was made with (G7). */
export interface Selection {
  /** By decided_at; of dead letters by when they were refused. From, including; to, excluding. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly actorId: string | null;
  readonly playbookId: string | null;
  readonly offsets: OffsetRange | null;
  readonly deadLetters: DeadLetterFilter | null;
}

/** Of `mmm.signals`, or of the raw topic that a signal came from. Offsets as text: they may exceed what a JSON number holds. */
export interface OffsetRange {
  readonly topic: TopicName;
  readonly partition: number;
  /** Including. */
  readonly from: string;
  /** Excluding. */
  readonly to: string;
}

/** Null: any. */
export interface DeadLetterFilter {
  readonly code: string | null;
  readonly stage: string | null;
  /** The topic that the record was refused from. */
  readonly topic: string | null;
}

export const inRange = ({ from, to }: OffsetRange, offset: bigint): boolean =>
  offset >= BigInt(from) && offset < BigInt(to);

/**
 * Whether a recorded line is selected; the playbook is not asked here, because what it looks at differs by mode. `ofRange`: the signal ids that stand in
 * the range of `mmm.signals`, null when no such range is asked for.
 */
export const lineFilter =
  (selection: Selection, ofRange: ReadonlySet<string> | null) =>
  (line: RecordedLine): boolean => {
    const { entry } = line;
    const { fromMs, toMs, actorId, offsets } = selection;
    if (entry.kind !== 'signal' || entry.decidedAtMs < fromMs || entry.decidedAtMs >= toMs) return false;
    if (actorId !== null && line.actorId !== actorId) return false;
    if (ofRange !== null) return ofRange.has(entry.signalId);
    if (offsets === null) return true;
    const origin = signalOf(line)?.origin;
    return (
      origin?.topic === offsets.topic &&
      origin.partition === offsets.partition &&
      inRange(offsets, BigInt(origin.offset))
    );
  };

const minute = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** For a person who is asked to agree to it. */
export const selectionWords = (selection: Selection): string[] => {
  const { fromMs, toMs, actorId, playbookId, offsets, deadLetters } = selection;
  const span = `${minute(fromMs)} to ${minute(toMs)}`;
  const words = [deadLetters === null ? `decided ${span}` : `dead letters refused ${span}`];
  if (deadLetters?.code) words.push(`code ${deadLetters.code}`);
  if (deadLetters?.stage) words.push(`stage ${deadLetters.stage}`);
  if (deadLetters?.topic) words.push(`from ${deadLetters.topic}`);
  if (offsets !== null) {
    const { topic, partition, from, to } = offsets;
    words.push(`${topic}, partition ${partition}, offsets ${from} to ${BigInt(to) - 1n}`);
  }
  if (actorId !== null) words.push(`actor ${actorId}`);
  if (playbookId !== null) words.push(`playbook ${playbookId}`);
  return words;
};
