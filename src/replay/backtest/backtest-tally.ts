import type { SentAction } from '../../domain/actor-state.ts';
import type { Plan, PlannedCandidate } from '../../domain/decision/planned.ts';
import type { RecordedOutcome } from '../recorded-history.ts';
import type { ReplayedSignal } from './replay-actor.ts';

/** Candidates of the playbook that ended in one way, under each set of rules. */
export interface EndCount {
  readonly disposition: string;
  /** The gate that stood in the way first; null when nothing did. */
  readonly gate: string | null;
  readonly reason: string;
  live: number;
  next: number;
}

/** Recorded nudges of the playbook by what became of them. */
export interface OutcomeCount {
  readonly result: string;
  recorded: number;
  stillSent: number;
}

export interface SentCount {
  live: number;
  next: number;
}

/** What one person would have heard: of the playbook, and of everything. */
interface PersonCount {
  readonly playbook: SentCount;
  readonly all: SentCount;
}

/** The most telling of several reports about one action: what the person did, before what merely happened. */
const RESULT_ORDER = ['accepted', 'dismissed', 'failed', 'ignored', 'shown'];

const sameSent = (a: readonly SentAction[], b: readonly SentAction[]): boolean =>
  a.length === b.length &&
  a.every((one, at) => {
    const other = b[at]!;
    return one.playbookId === other.playbookId && one.actionType === other.actionType && one.atMs === other.atMs;
  });

const gateOf = ({ verdicts }: PlannedCandidate): string | null => verdicts.find(({ pass }) => !pass)?.gate ?? null;

/** Counts, and nothing that names anybody: its size follows the number of people by two pairs of numbers each. */
export class BacktestTally {
  readonly ends = new Map<string, EndCount>();
  readonly outcomes = new Map<string, OutcomeCount>();
  readonly others: SentCount = { live: 0, next: 0 };
  readonly people: PersonCount[] = [];
  signals = 0;
  /** Of `signals`: the live rules gave the recorded result and sent what was sent. */
  asRecorded = 0;
  /** Recorded without their text, by an earlier release. */
  notReplayable = 0;
  readonly #playbookId: string;
  #person: PersonCount | null = null;

  constructor(playbookId: string) {
    this.#playbookId = playbookId;
  }

  /** What is added from here on is another person's. */
  nextPerson(): void {
    this.#person = null;
  }

  add({ entry, live, next }: ReplayedSignal): void {
    this.signals += 1;
    if (live.result === entry.result && sameSent(live.sent, entry.sent)) this.asRecorded += 1;
    // Signals of nobody and of services have no reader.
    if (live.result === 'context_only' || live.result === 'actor_type') return;
    const person = (this.#person ??= this.#newPerson());
    this.#count(live, 'live', person);
    this.#count(next, 'next', person);
  }

  /** What only the other rules had put off, released by them. */
  addReleased(next: Plan): void {
    this.#count(next, 'next', (this.#person ??= this.#newPerson()));
  }

  /** The nudges of the playbook that really went out with this signal, and what became of each, as far as it was reported. */
  addOutcomes({ entry, next }: ReplayedSignal, reported: readonly RecordedOutcome[]): void {
    for (const { actionType } of this.#ofPlaybook(entry.sent)) {
      const results = reported
        .filter((one) => one.playbookId === this.#playbookId && one.actionType === actionType)
        .map(({ result }) => RESULT_ORDER.indexOf(result))
        .filter((rank) => rank >= 0);
      const result = RESULT_ORDER[Math.min(...results)] ?? 'not reported';
      const count = this.outcomes.get(result) ?? { result, recorded: 0, stillSent: 0 };
      count.recorded += 1;
      if (this.#ofPlaybook(next.sent).some((one) => one.actionType === actionType)) count.stillSent += 1;
      this.outcomes.set(result, count);
    }
  }

  #ofPlaybook(sent: readonly SentAction[]): readonly SentAction[] {
    return sent.filter(({ playbookId }) => playbookId === this.#playbookId);
  }

  #newPerson(): PersonCount {
    const made = { playbook: { live: 0, next: 0 }, all: { live: 0, next: 0 } };
    this.people.push(made);
    return made;
  }

  #count(made: Plan, side: 'live' | 'next', person: PersonCount): void {
    // Most signals of a history: nothing was looked at, so there is nothing to count.
    if (made.candidates.length === 0 && made.sent.length === 0) return;
    const mine = this.#ofPlaybook(made.sent).length;
    person.playbook[side] += mine;
    person.all[side] += made.sent.length;
    this.others[side] += made.sent.length - mine;
    for (const candidate of made.candidates) {
      if (candidate.playbookId !== this.#playbookId) continue;
      const { disposition, reasonCode: reason } = candidate;
      const gate = gateOf(candidate);
      const key = `${disposition} ${gate ?? ''} ${reason}`;
      const end = this.ends.get(key) ?? { disposition, gate, reason, live: 0, next: 0 };
      end[side] += 1;
      this.ends.set(key, end);
    }
  }
}
