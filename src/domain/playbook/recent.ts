import type { MmmSignalInput } from '../../generated/records.ts';
import { RECENT_MAX, RECENT_WINDOW_MS } from '../actor-state.ts';
import type { ActorState, RecentSignal } from '../actor-state.ts';
import { rememberedByText } from '../remembered-by-text.ts';
import { subjectKeyOfSignal } from '../subject.ts';
import type { Recent, SameField } from './condition.ts';
import { matchesEventType } from './trigger-match.ts';

/** Source word of our own re-entries, which are not counted in `recent` (design 3.6). */
const REENTRY_SOURCE = 'mmm';

/**
 * Event types are few, and each signal brings its own copy of one. As one and the same text a look through the past compares addresses, not letters that
 * lie apart in memory.
 */
const sameText = rememberedByText(1_024, (type) => type);

/**
 * What `same` and `distinct` compare of the signal itself; also for a re-entry, which is not counted. In canonical order, for the journal's digest.
 * `atMs`: its event time, or the moment that stands for it.
 */
export const placeOf = (signal: MmmSignalInput, atMs: number): RecentSignal => ({
  atMs,
  branch: signal.branch,
  file: signal.file_path,
  repo: signal.repo_id,
  subject: subjectKeyOfSignal(signal),
  type: sameText(signal.event_type),
});

const isCounted = (signal: MmmSignalInput): boolean => signal.source !== REENTRY_SOURCE;

/** What `recent.*` remembers of a signal that happened then; null for a re-entry. The journal stores exactly this. */
export const recentSignalOf = (
  signal: MmmSignalInput,
  occurredMs: number = Date.parse(signal.occurred_at),
): RecentSignal | null => (isCounted(signal) ? placeOf(signal, occurredMs) : null);

/** First position whose time is after `ms`; the list is sorted by time. */
const firstAfter = (signals: readonly RecentSignal[], ms: number): number => {
  let low = 0;
  let high = signals.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((signals[middle]?.atMs ?? Infinity) <= ms) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** The fields of two signals that `same` compares. A branch or a file of the same name in another repository is another one. */
const sameAs = (entry: RecentSignal, current: RecentSignal, same: SameField): boolean =>
  entry[same] === current[same] && ((same !== 'branch' && same !== 'file') || entry.repo === current.repo);

/** One question of `count` or `distinct` with its answer. A decision asks a handful: looking through them is cheaper than a text as the key of a map. */
interface Answer {
  readonly distinct: boolean;
  readonly type: string;
  readonly windowMs: number;
  readonly field: SameField | null;
  readonly count: number;
}

class RecentPast implements Recent {
  readonly #earlier: readonly RecentSignal[];
  readonly #current: RecentSignal;
  readonly #end: number;
  readonly #counted: boolean;
  readonly #answers: Answer[] = [];

  constructor(earlier: readonly RecentSignal[], current: RecentSignal, counted: boolean) {
    this.#earlier = earlier;
    this.#current = current;
    this.#end = firstAfter(earlier, current.atMs);
    this.#counted = counted;
  }

  count(type: string, windowMs: number, same: SameField | null): number {
    return (
      this.#remembered(false, type, windowMs, same) ??
      this.#keep(false, type, windowMs, same, this.#countOf(type, windowMs, same))
    );
  }

  distinct(field: SameField, type: string, windowMs: number): number {
    return (
      this.#remembered(true, type, windowMs, field) ??
      this.#keep(true, type, windowMs, field, this.#distinctOf(field, type, windowMs))
    );
  }

  since(type: string, same: SameField | null): number | null {
    if (this.#isOfNothing(RECENT_WINDOW_MS, same)) return null;
    const from = this.#firstOf(RECENT_WINDOW_MS);
    for (let at = this.#end - 1; at >= from; at -= 1) {
      const entry = this.#earlier[at]!;
      if (matchesEventType(type, entry.type) && this.#isSame(entry, same)) return this.#current.atMs - entry.atMs;
    }
    return null;
  }

  get signals(): readonly RecentSignal[] {
    const earlier = this.#earlier.slice(this.#firstOf(RECENT_WINDOW_MS), this.#end);
    return this.#counted ? [...earlier, this.#current] : earlier;
  }

  /** A window of nothing, or a thing that this signal does not name: nothing is the same as it. */
  #isOfNothing(windowMs: number, same: SameField | null): boolean {
    return windowMs <= 0 || (same !== null && this.#current[same] === null);
  }

  #firstOf(windowMs: number): number {
    return firstAfter(this.#earlier, this.#current.atMs - Math.min(windowMs, RECENT_WINDOW_MS));
  }

  #isSame(entry: RecentSignal, same: SameField | null): boolean {
    return same === null || sameAs(entry, this.#current, same);
  }

  #countOf(type: string, windowMs: number, same: SameField | null): number {
    if (this.#isOfNothing(windowMs, same)) return 0;
    const from = this.#firstOf(windowMs);
    let count = this.#counted && matchesEventType(type, this.#current.type) ? 1 : 0;
    if (type === '*' && same === null) return count + Math.max(0, this.#end - from);
    const prefix = type.endsWith('*') ? type.slice(0, -1) : null;
    const whole = sameText(type);
    for (let at = from; at < this.#end; at += 1) {
      const entry = this.#earlier[at]!;
      if (prefix === null ? entry.type !== whole : !entry.type.startsWith(prefix)) continue;
      if (this.#isSame(entry, same)) count += 1;
    }
    return count;
  }

  #distinctOf(field: SameField, type: string, windowMs: number): number {
    if (this.#isOfNothing(windowMs, null)) return 0;
    const values = new Set<string>();
    const add = (entry: RecentSignal): void => {
      const value = entry[field];
      if (value === null || !matchesEventType(type, entry.type)) return;
      values.add(field === 'branch' || field === 'file' ? JSON.stringify([entry.repo, value]) : value);
    };
    for (let at = this.#firstOf(windowMs); at < this.#end; at += 1) add(this.#earlier[at]!);
    if (this.#counted) add(this.#current);
    return values.size;
  }

  #remembered(distinct: boolean, type: string, windowMs: number, field: SameField | null): number | undefined {
    for (const one of this.#answers) {
      if (one.type === type && one.windowMs === windowMs && one.field === field && one.distinct === distinct)
        return one.count;
    }
    return undefined;
  }

  #keep(distinct: boolean, type: string, windowMs: number, field: SameField | null, all: number): number {
    const count = Math.min(all, RECENT_MAX);
    this.#answers.push({ distinct, type, windowMs, field, count });
    return count;
  }
}

/**
 * The actor's signals as CEL and templates see them at `signal`: `state` is the state before it, so it is added here, once. Signals that
 * happened later but arrived earlier are outside the window (t - window, t]. Windows over 30 days see 30 days. Nothing is counted until asked;
 * an answer is kept, because condition, texts and other playbooks ask the same (a scan over 512 signals takes some microseconds).
 * `asOfMs`: for a signal that is decided again later. Windows then end at that moment, and the signal is not added: it is in the state by now.
 * `place`: of the signal then, if it is known already.
 */
export const recentOf = (
  state: ActorState,
  signal: MmmSignalInput,
  asOfMs: number | null = null,
  place: RecentSignal = placeOf(signal, asOfMs ?? Date.parse(signal.occurred_at)),
): Recent => new RecentPast(state.recent, place, asOfMs === null && isCounted(signal));
