import type { SentAction } from '../actor-state.ts';
import type { ActionType } from '../vocabulary.ts';

/** What caps need to know of a list of sent actions, counted once per decision instead of once per candidate. */
export interface SentTally {
  /** On the actor's calendar day of the decision (or later: a clock that went back never makes room). */
  day: number;
  /** Instants within the rolling hour, oldest first. */
  readonly hour: number[];
  /** On that day in the signal's repository. */
  repoDay: number;
  /** On that day, by action type. */
  readonly typeDay: Map<ActionType, number>;
  /** Newest about the signal's subject, by any playbook; -Infinity if never. */
  lastSubjectMs: number;
  readonly playbooks: Map<string, PlaybookTally>;
}

export interface PlaybookTally {
  day: number;
  repoDay: number;
  /** Newest about anything; -Infinity if never. */
  lastMs: number;
  /** Newest about the signal's subject; -Infinity if never. */
  lastSubjectMs: number;
}

export interface TallyFrame {
  readonly dayStartMs: number;
  readonly hourStartMs: number;
  readonly repo: string | null;
  readonly subject: string | null;
}

export const emptyTally = (): SentTally => ({
  day: 0,
  hour: [],
  repoDay: 0,
  typeDay: new Map(),
  lastSubjectMs: -Infinity,
  playbooks: new Map(),
});

/** Adds one sent action to the tally, in place: actions come in the order of their time. */
export const addToTally = (tally: SentTally, frame: TallyFrame, sent: SentAction): void => {
  let playbook = tally.playbooks.get(sent.playbookId);
  if (playbook === undefined) {
    playbook = { day: 0, repoDay: 0, lastMs: -Infinity, lastSubjectMs: -Infinity };
    tally.playbooks.set(sent.playbookId, playbook);
  }
  playbook.lastMs = Math.max(playbook.lastMs, sent.atMs);
  // No subject on both sides is one subject as well: such cards share one card id.
  if (sent.subject === frame.subject) {
    playbook.lastSubjectMs = Math.max(playbook.lastSubjectMs, sent.atMs);
    tally.lastSubjectMs = Math.max(tally.lastSubjectMs, sent.atMs);
  }
  if (sent.atMs > frame.hourStartMs) tally.hour.push(sent.atMs);
  if (sent.atMs < frame.dayStartMs) return;
  tally.day += 1;
  playbook.day += 1;
  tally.typeDay.set(sent.actionType, (tally.typeDay.get(sent.actionType) ?? 0) + 1);
  if (frame.repo === null || sent.repo !== frame.repo) return;
  tally.repoDay += 1;
  playbook.repoDay += 1;
};

export const tallyOf = (sent: readonly SentAction[], frame: TallyFrame): SentTally => {
  const tally = emptyTally();
  for (const action of sent) addToTally(tally, frame, action);
  return tally;
};
