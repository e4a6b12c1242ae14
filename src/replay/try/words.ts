import { ACTIVE_COMMITS } from './politeness.ts';
import type { HeldBack } from './tally.ts';
import type { TryReport } from './report.ts';

/** What kinds of nudges are, for someone who sees the words for the first time. */
export const TYPE_WORDS: Readonly<Record<string, string>> = {
  mirror: 'states what was counted, no advice',
  mentor: 'suggests something, with its reason',
  multiplier: 'offers to do something, only if you agree',
};

/** What each gate guards (design 3.7). */
const GATE_WORDS: Readonly<Record<string, string>> = {
  eligible: 'not allowed for this tenant or person',
  signal_quality: 'the signal was not good enough to act on',
  consent_and_role: 'consent or role is missing',
  inhibition: 'an incident or freeze was on',
  action_type: 'this kind or its place is switched off',
  restrictions: 'restricted by policy',
  preference: 'the person does not want it',
  safety: 'the text or one of its values can not be shown',
  quiet_hours: 'night where the author is (22:00 to 06:00)',
  caps: 'said enough lately',
  priority: 'something more important was said',
  deferral: 'was put off, and then it was too late or no longer needed',
  rollout: 'this version is not live, or is held out by an experiment',
};

/** More exact than its gate. */
const REASON_WORDS: Readonly<Record<string, string>> = {
  cooldown: 'the same playbook spoke lately',
  subject_cooldown: 'the same playbook spoke lately about the same thing',
  subject_rest: 'something was said lately about the same thing',
  cap_hour: 'enough for one hour',
  cap_day: 'enough for one day',
  cap_repo_day: 'enough for one day in this repository',
  cap_playbook_day: 'enough of this playbook for one day',
  cap_playbook_repo_day: 'enough of this playbook for one day in this repository',
  cap_type_day: 'enough of this kind for one day',
  cap_reserved: 'the room left is held for more important ones',
  cap_reserved_hour: 'the room left in the hour is held for more important ones',
  cap_reserved_repo: 'the room left in this repository is held for more important ones',
  template_value_missing: 'a value for the text is missing',
  text_missing: 'there is no text for it',
  expired: 'was put off, and its time was over before there was room',
  expires_first: 'was put off, and its time would be over before there was room',
  newer_signal: 'was put off, and a newer one about the same thing took its place',
  subject_resolved: 'what it was about is settled',
  playbook_changed: 'was put off, and its playbook has changed since',
  playbook_deprecated: 'was put off, and its playbook is no longer in use',
  not_a_breakpoint: 'it waits for a moment between two tasks',
  deferral_full: 'too many others wait to be said',
};

/** Why it was held back, in words; what is not known here is said as it is. */
export const heldWords = ({ gate, reason }: Pick<HeldBack, 'gate' | 'reason'>): string =>
  REASON_WORDS[reason] ?? GATE_WORDS[gate] ?? reason;

const RESULT_WORDS: Readonly<Record<string, string>> = {
  decided: 'looked at by a playbook',
  no_match: 'of interest to no playbook',
  actor_type: 'by bots, who are never nudged',
  context_only: 'without a person',
  late: 'too late to act on',
  tenant_unknown: 'of an unknown tenant',
};

export const resultWords = (result: string): string => RESULT_WORDS[result] ?? result;

const REFUSAL_WORDS: Readonly<Record<string, string>> = {
  STRING_TOO_LONG: 'a path is longer than 8 KB',
  SECRET_FOUND: 'a path looks like a credential',
};

export const refusalWords = (code: string): string => REFUSAL_WORDS[code] ?? code;

/** 12,345 */
export const count = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ',');

export const counted = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;

export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** `2026-03-04 14:05 +01:00`: as the author's clock showed it. */
export const localTime = (ms: number, zone: string): string => {
  const [, sign = '+', hours = '0', minutes = '0'] = /^([+-])(\d{2}):(\d{2})$/.exec(zone) ?? [];
  const offsetMs = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  return `${new Date(ms + offsetMs).toISOString().slice(0, 16).replace('T', ' ')} ${zone}`;
};

/** What a reader must know about the repository to trust what follows; empty for an ordinary one. */
export const remarks = ({ repository, walk, sinceMs }: TryReport): string[] => [
  ...(repository.shallow
    ? [
        `A shallow clone: what came before is not seen, ${counted(walk.cutOff, 'commit')} at the edge could not be looked at, and nobody is welcomed. "git fetch --unshallow" brings the rest.`,
      ]
    : []),
  ...(sinceMs === null ? [] : [`Shown from ${dayOf(sinceMs)} on. Everything before is counted all the same.`]),
];

/** One sentence that says how it would have felt. */
export const summaryWords = ({ totals, people, politeness }: TryReport): string => {
  const nudged = people.filter((person) => person.sent > 0).length;
  if (totals.sent === 0) return 'Nothing would have been said to anybody. That is a good answer too.';
  const rate =
    politeness.activePeople === 0
      ? ''
      : ` In the busiest 100 commits in a row of each of the ${count(politeness.activePeople)} with ${ACTIVE_COMMITS} commits or more, half would have got at most ${politeness.median}, nobody more than ${politeness.max}.`;
  return `${counted(totals.sent, 'nudge')} would have been sent, to ${count(nudged)} of ${counted(people.length, 'person', 'people')}.${rate}`;
};
