import { subjectResolvedSignal } from '../../domain/decision/subject-resolved.ts';
import type { IdPort } from '../../domain/ids.ts';
import type { Clock } from '../ports/clock.ts';
import type { RecordCodec } from '../ports/codec.ts';
import type { EndingQueue } from '../ports/endings.ts';
import type { RecordWriter } from '../ports/intake.ts';
import type { Metrics } from '../ports/metrics.ts';
import { reentryRecord } from './reentry-record.ts';

export interface TellHoldersDependencies {
  readonly endings: EndingQueue;
  readonly writer: RecordWriter;
  readonly codec: RecordCodec;
  readonly ids: IdPort;
  readonly clock: Pick<Clock, 'now'>;
  readonly metrics: Metrics;
}

/** One that many hold something open about (an incident) has as many records as holders. */
const TAKE_ROWS = 100;

/**
 * Tells everybody who holds something open about what somebody else has ended: a signal in `mmm.signals` for each, where their card folds and what waits
 * is superseded. At least once and harmless, as a release is: settled only when written. Answers how many.
 */
export const tellHolders = async (deps: TellHoldersDependencies): Promise<number> => {
  const { endings, writer, codec, ids, clock, metrics } = deps;
  let told = 0;
  let taken: number;
  do {
    const hand = await endings.take(clock.now(), TAKE_ROWS);
    taken = hand.taken;
    // A card and what waits about one subject are two matters of one actor, ended by one event: one signal.
    const signals = new Map(
      hand.concerned.map(({ ending, ...holder }) => {
        const signal = subjectResolvedSignal(ids, ending, holder);
        return [signal.signal_id, signal] as const;
      }),
    );
    if (signals.size > 0) {
      await writer.append([...signals.values()].map((signal) => reentryRecord(codec, signal)));
      metrics.records('defer', 'released', 'subject_resolved', signals.size);
    }
    if (taken > 0) await hand.settle();
    told += signals.size;
  } while (taken >= TAKE_ROWS);
  return told;
};
