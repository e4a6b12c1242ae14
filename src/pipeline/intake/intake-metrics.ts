import type { Metrics } from '../ports/metrics.ts';
import type { Note } from '../ports/normaliser.ts';
import type { Settled } from './settle-record.ts';

/** Adds up per batch, so that a record costs no call with labels. */
class Tally {
  readonly #counts = new Map<string, number>();

  add(...labels: readonly string[]): void {
    const key = labels.join(' ');
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  each(tell: (labels: readonly string[], count: number) => void): void {
    for (const [key, count] of this.#counts) tell(key.split(' '), count);
  }
}

const UNKNOWN_WORD = '_unknown';
const isUnknownWord = (note: Note): boolean => note.endsWith(UNKNOWN_WORD);

/** G1: received = rejected (of both stages) + skipped + normalised. */
export const countSettled = (metrics: Metrics, batch: readonly Settled[]): void => {
  const records = new Tally();
  const letters = new Tally();
  const words = new Tally();
  const mended = new Tally();
  for (const settled of batch) {
    switch (settled.kind) {
      case 'normalised':
        records.add('normalise', 'normalised', settled.about);
        for (const note of settled.notes) {
          if (isUnknownWord(note)) words.add(note.slice(0, -UNKNOWN_WORD.length));
          else mended.add(settled.source, note);
        }
        break;
      case 'rejected':
        records.add(settled.stage, 'rejected', settled.code);
        letters.add(settled.code);
        break;
      case 'skipped':
        records.add('intake', 'skipped', settled.reason);
        break;
      default:
        throw new Error(`no such outcome: ${String(settled satisfies never)}`);
    }
  }
  metrics.records('intake', 'received', '', batch.length);
  records.each(([stage = '', outcome = '', reason = ''], count) => metrics.records(stage, outcome, reason, count));
  letters.each(([reason = ''], count) => metrics.count('mmm_dlq_records_total', { reason }, count));
  words.each(([field = ''], count) => metrics.count('mmm_unknown_words_total', { field }, count));
  mended.each(([source = '', what = ''], count) => metrics.count('mmm_inputs_mended_total', { source, what }, count));
};

/** `mmm_partition_blocked{reason}`: how many lanes wait for the dependency that this code names. The answer ends the wait. */
export const createBlockedGauge = (metrics: Metrics): ((reason: string) => () => void) => {
  const waiting = new Map<string, number>();
  const move = (reason: string, by: number): void => {
    const count = (waiting.get(reason) ?? 0) + by;
    waiting.set(reason, count);
    metrics.gauge('mmm_partition_blocked', count, { reason });
  };
  return (reason) => {
    move(reason, 1);
    return () => move(reason, -1);
  };
};
