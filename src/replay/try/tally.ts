import type { JournalEntry } from '../../domain/actor-state.ts';
import type { MmmCandidate, MmmDecision } from '../../generated/records.ts';
import type { HeardNudge } from './politeness.ts';
import { isRevision, isSaid, type ShownNudge, shownBy } from './shown-nudge.ts';

/** What one actor's commit to the journal says: the only source of what `try` prints, so its totals are the journal's. */
export interface CommittedSignals {
  readonly key: { readonly actorId: string };
  readonly entries: readonly Pick<JournalEntry, 'result'>[];
  readonly decisions: readonly { readonly body: string; readonly read: string; readonly trace: string }[];
}

/** Candidates that were held back, by the gate that stood first in the way. */
export interface HeldBack {
  readonly gate: string;
  readonly reason: string;
  count: number;
}

export interface PlaybookTally {
  readonly playbookId: string;
  candidates: number;
  notMet: number;
  heldBack: number;
  sent: number;
  /** Silent changes of a card that was there. */
  revised: number;
  /** Put off, and not decided again by the end of the run. */
  waiting: number;
}

export interface PersonTally {
  /** All of them, also what `since` does not show. Revisions are none: they make no sound. */
  sent: number;
  readonly shown: ShownNudge[];
  readonly heldBack: Map<string, HeldBack>;
  /** When each was sent and about what, for the check of `politeness`. */
  readonly heard: HeardNudge[];
}

/** Reasons that say "this was not about that": counted in the totals, not told as held back. */
export const NOT_ABOUT = new Set(['condition_not_met', 'condition_error', 'actor_type_not_meant']);

/** Counts everything, keeps what is shown from `sinceMs` on. */
export class TryTally {
  readonly people = new Map<string, PersonTally>();
  readonly playbooks = new Map<string, PlaybookTally>();
  readonly heldBack = new Map<string, HeldBack>();
  /** Signals by result of the journal. */
  readonly results = new Map<string, number>();
  readonly #authors = new Map<string, { zone: string; commits: number }>();
  readonly #sinceMs: number;

  constructor(sinceMs: number) {
    this.#sinceMs = sinceMs;
  }

  /** The author of the commit whose signals come next, and the zone they are in. */
  commitBy(actorId: string, zone: string): void {
    this.#authors.set(actorId, { zone, commits: (this.#authors.get(actorId)?.commits ?? 0) + 1 });
  }

  add(committed: CommittedSignals): void {
    for (const { result } of committed.entries) this.results.set(result, (this.results.get(result) ?? 0) + 1);
    for (const row of committed.decisions) {
      const decision = JSON.parse(row.body) as MmmDecision;
      const person = this.#person(committed.key.actorId);
      decision.candidates.forEach((candidate, index) =>
        this.#candidate(person, candidate, () => gateOf(row.trace, index)),
      );
      if (decision.actions.length === 0) continue;
      const author = this.#authors.get(committed.key.actorId);
      const sent = shownBy(decision, row.read, author?.zone ?? '+00:00');
      person.sent += sent.length;
      const atCommit = author?.commits ?? 0;
      person.heard.push(...sent.map(({ atMs, about, playbookId }) => ({ atMs, about, playbookId, atCommit })));
      if (Date.parse(decision.decided_at) >= this.#sinceMs) person.shown.push(...sent);
    }
  }

  #candidate(person: PersonTally, candidate: MmmCandidate, gate: () => string): void {
    const playbook = this.#playbook(candidate.playbook_id);
    // One that goes on from a deferred one is the same candidate again: what it was is undone, and it ends once.
    if (candidate.continues === null) playbook.candidates += 1;
    else playbook.waiting -= 1;
    if (candidate.disposition === 'deferred') playbook.waiting += 1;
    else if (isRevision(candidate)) playbook.revised += 1;
    else if (isSaid(candidate)) playbook.sent += 1;
    else if (NOT_ABOUT.has(candidate.reason_code)) playbook.notMet += 1;
    else {
      playbook.heldBack += 1;
      const held = { gate: gate(), reason: candidate.reason_code };
      hold(this.heldBack, held);
      hold(person.heldBack, held);
    }
  }

  #playbook(playbookId: string): PlaybookTally {
    const known = this.playbooks.get(playbookId);
    if (known !== undefined) return known;
    const made = { playbookId, candidates: 0, notMet: 0, heldBack: 0, sent: 0, revised: 0, waiting: 0 };
    this.playbooks.set(playbookId, made);
    return made;
  }

  #person(actorId: string): PersonTally {
    const known = this.people.get(actorId);
    if (known !== undefined) return known;
    const made: PersonTally = { sent: 0, shown: [], heldBack: new Map(), heard: [] };
    this.people.set(actorId, made);
    return made;
  }
}

const hold = (all: Map<string, HeldBack>, { gate, reason }: Omit<HeldBack, 'count'>): void => {
  const key = `${gate} ${reason}`;
  const known = all.get(key);
  if (known === undefined) all.set(key, { gate, reason, count: 1 });
  else known.count += 1;
};

interface Trace {
  readonly candidates: readonly { readonly verdicts: readonly { readonly gate: string; readonly pass: boolean }[] }[];
}

/** The first gate that did not let it pass, or that it was put off and then ended without being asked again; from the trace that the receipt holds the digest of. Candidates stand in the same order in both. */
const gateOf = (trace: string, index: number): string =>
  (JSON.parse(trace) as Trace).candidates[index]?.verdicts.find(({ pass }) => !pass)?.gate ?? 'deferral';
