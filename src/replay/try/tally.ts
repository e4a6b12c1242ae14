import type { JournalEntry } from '../../domain/actor-state.ts';
import type { MmmDecision } from '../../generated/records.ts';

/** A nudge as its receiver would have seen it. */
export interface ShownNudge {
  readonly actorId: string;
  readonly atMs: number;
  readonly playbookId: string;
  readonly type: string;
  readonly surfaces: readonly string[];
  readonly title: string;
  readonly body: string;
  readonly why: string;
  readonly subject: string;
  readonly commit: string | null;
}

export interface TryTotals {
  /** By result; their sum is the number of signals. */
  readonly results: Readonly<Record<string, number>>;
  /** Candidates by reason; `sent` are the ones shown. Their sum is `candidates`. */
  readonly reasons: Readonly<Record<string, number>>;
  readonly candidates: number;
}

export interface PersonTally {
  readonly shown: ShownNudge[];
  readonly heldBack: Map<string, number>;
}

/** What one actor's commit to the journal says: the only source of what `try` prints, so its totals are the journal's. */
export interface CommittedSignals {
  readonly key: { readonly actorId: string };
  readonly entries: readonly JournalEntry[];
  readonly decisions: readonly { readonly body: string; readonly read: string }[];
}

/** Reasons that say "this was not about that": counted in the totals, not told as held back. */
export const NOT_ABOUT = new Set(['condition_not_met', 'condition_error', 'actor_type_not_meant']);

/** Counts everything, keeps what is shown from `sinceMs` on. */
export class TryTally {
  readonly people = new Map<string, PersonTally>();
  readonly #results = new Map<string, number>();
  readonly #reasons = new Map<string, number>();
  readonly #sinceMs: number;
  #candidates = 0;

  constructor(sinceMs: number) {
    this.#sinceMs = sinceMs;
  }

  add(committed: CommittedSignals): void {
    for (const entry of committed.entries) bump(this.#results, entry.result);
    for (const { body, read } of committed.decisions) {
      const decision = JSON.parse(body) as MmmDecision;
      const person = this.#person(committed.key.actorId);
      for (const candidate of decision.candidates) {
        this.#candidates += 1;
        bump(this.#reasons, candidate.reason_code);
        if (candidate.disposition !== 'delivered' && !NOT_ABOUT.has(candidate.reason_code)) bump(person.heldBack, candidate.reason_code);
      }
      if (Date.parse(decision.decided_at) >= this.#sinceMs) person.shown.push(...shownBy(decision, read));
    }
  }

  totals(): TryTotals {
    return { results: Object.fromEntries(this.#results), reasons: Object.fromEntries(this.#reasons), candidates: this.#candidates };
  }

  #person(actorId: string): PersonTally {
    const known = this.people.get(actorId);
    if (known !== undefined) return known;
    const made: PersonTally = { shown: [], heldBack: new Map() };
    this.people.set(actorId, made);
    return made;
  }
}

const bump = (counts: Map<string, number>, key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1);

const shownBy = (decision: MmmDecision, read: string): ShownNudge[] => {
  if (decision.actions.length === 0) return [];
  const { signal } = JSON.parse(read) as { signal: { commit: string | null; file_path: string | null; repo_id: string | null } };
  const sent = decision.candidates.filter((candidate) => candidate.disposition === 'delivered');
  return decision.actions.map((action, index) => {
    const surface = action.surfaces[0] ?? 'ide';
    const content = action.payload[surface];
    return {
      actorId: decision.actor_id,
      atMs: Date.parse(decision.decided_at),
      playbookId: sent[index]?.playbook_id ?? '',
      type: action.type,
      surfaces: action.surfaces,
      title: content?.title ?? '',
      body: content?.body ?? '',
      why: action.rationale.why_relevant === '' ? action.rationale.summary : action.rationale.why_relevant,
      subject: signal.file_path ?? signal.commit ?? signal.repo_id ?? '',
      commit: signal.commit,
    };
  });
};
