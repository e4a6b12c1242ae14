import type { Plan } from '../../domain/decision/planned.ts';

/** Candidates that ended in one way, as recorded and as decided again. */
export interface ShadowEnd {
  readonly playbookId: string;
  readonly actionType: string;
  readonly disposition: string;
  readonly reason: string;
  recorded: number;
  again: number;
}

export interface ShadowReport {
  readonly rules: 'now' | 'then';
  readonly signals: number;
  /** Ended as they did: the same result, and every candidate the same end. */
  readonly same: number;
  /** Recorded without their text, by an earlier release. */
  readonly notReplayable: number;
  readonly ends: readonly Readonly<ShadowEnd>[];
  /** Ids of the first signals that ended otherwise, for `mmm explain`. */
  readonly examples: readonly string[];
}

interface Candidate {
  readonly playbookId: string;
  readonly actionType: string;
  readonly disposition: string;
  readonly reason: string;
}

/** As in traceOf (domain/decision/trace.ts). */
interface TraceText {
  readonly candidates: readonly {
    readonly playbook_id: string;
    readonly action_type: string;
    readonly disposition: string;
    readonly reason_code: string;
  }[];
}

const EXAMPLES_MAX = 10;

const recordedCandidates = (trace: string | null): Candidate[] =>
  trace === null
    ? []
    : (JSON.parse(trace) as TraceText).candidates.map((one) => ({
        ...{ playbookId: one.playbook_id, actionType: one.action_type },
        ...{ disposition: one.disposition, reason: one.reason_code },
      }));

const plannedCandidates = ({ candidates }: Plan): Candidate[] =>
  candidates.map(({ playbookId, actionType, disposition, reasonCode: reason }) => ({
    ...{ playbookId, actionType, disposition, reason },
  }));

const keyOf = ({ playbookId, actionType, disposition, reason }: Candidate): string =>
  JSON.stringify([playbookId, actionType, disposition, reason]);

/** Counts, and nothing that names a person (G7). */
export class ShadowTally {
  readonly #playbookId: string | null;
  readonly #ends = new Map<string, ShadowEnd>();
  readonly #examples: string[] = [];
  #signals = 0;
  #same = 0;
  notReplayable = 0;

  /** Null: of every playbook. */
  constructor(playbookId: string | null) {
    this.#playbookId = playbookId;
  }

  /** `trace`: as stored, null without a decision. */
  add(signal: { readonly id: string; readonly result: string; readonly trace: string | null }, again: Plan): void {
    this.#signals += 1;
    const before = recordedCandidates(signal.trace).filter((one) => this.#isAsked(one));
    const after = plannedCandidates(again).filter((one) => this.#isAsked(one));
    const keys = (list: readonly Candidate[]): string => list.map(keyOf).sort().join();
    if (keys(before) === keys(after) && (this.#playbookId !== null || signal.result === again.result)) this.#same += 1;
    else if (this.#examples.length < EXAMPLES_MAX) this.#examples.push(signal.id);
    for (const one of before) this.#end(one).recorded += 1;
    for (const one of after) this.#end(one).again += 1;
  }

  report(rules: 'now' | 'then'): ShadowReport {
    return {
      ...{ rules, signals: this.#signals, same: this.#same, notReplayable: this.notReplayable },
      ends: [...this.#ends.values()].sort(
        (a, b) => Math.abs(b.again - b.recorded) - Math.abs(a.again - a.recorded) || (keyOf(a) < keyOf(b) ? -1 : 1),
      ),
      examples: this.#examples,
    };
  }

  #isAsked({ playbookId }: Candidate): boolean {
    return this.#playbookId === null || playbookId === this.#playbookId;
  }

  #end(candidate: Candidate): ShadowEnd {
    const key = keyOf(candidate);
    const end = this.#ends.get(key) ?? { ...candidate, recorded: 0, again: 0 };
    this.#ends.set(key, end);
    return end;
  }
}
