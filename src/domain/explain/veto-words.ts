import type { Fact } from '../decision/planned.ts';
import type { Reader } from './change-words.ts';
import type { FirstVeto } from './explain.ts';
import { momentWords, spanWords } from './moment-words.ts';

type Facts = Readonly<Record<string, Fact>>;

const text = (facts: Facts, name: string): string => String(facts[name] ?? '');
const list = (facts: Facts, name: string): string => text(facts, name).replaceAll(' ', ', ') || 'none';
const used = (facts: Facts): string => `${text(facts, 'used')} of ${text(facts, 'limit')}`;

const paused = (facts: Facts, { zone, nowMs }: Reader): string => {
  const lastMs = Number(facts['last_ms']);
  const pause = Number(facts['cooldown_ms']);
  return `${momentWords(lastMs, zone, nowMs)}, and it pauses for ${spanWords(pause)}`;
};

/** What each code says to the person it is about. The codes are the gates' own; one that is missing here is told by its name. */
const WORDS: Readonly<Record<string, (facts: Facts, reader: Reader) => string>> = {
  expired: () => 'its time was over',
  expires_first: () => 'its time would have been over before it could be said',
  subject_resolved: () => 'what it was about is settled',
  playbook_deprecated: () => 'its playbook is no longer in use',
  playbook_changed: () => 'its playbook has another version now',
  signal_gone: () => 'the event it spoke of is no longer kept',
  newer_signal: () => 'something newer says the same',
  tenant_unknown: () => 'the tenant is not known, so nothing is permitted',
  context_only: () => 'the event names no person',
  actor_type: () => 'the event is of a service, and services are never nudged',
  late: (facts) =>
    `the event was ${spanWords(Number(facts['age_ms']))} old, and only ${spanWords(Number(facts['max_lateness_ms']))} count`,
  event_type: (facts) => `it asks for ${text(facts, 'wanted')}, this was ${text(facts, 'has')}`,
  sources: (facts) => `it asks for events of ${list(facts, 'wanted')}, this came from ${text(facts, 'has')}`,
  min_severity: (facts) => `it asks for severity ${text(facts, 'wanted')} or more, this was ${text(facts, 'has')}`,
  repos: (facts) => `it is for ${list(facts, 'wanted')}, this was ${text(facts, 'has') || 'in no repository'}`,
  tenant_mismatch: () => 'the rules are of another tenant',
  actor_unknown: () => 'you have no profile, and the tenant does not allow people without one',
  time_unreadable: () => 'the time of the event can not be read',
  time_in_future: (facts) => `the event is ${spanWords(Number(facts['ahead_ms']))} in the future`,
  confidence_low: (facts) =>
    `its confidence is ${text(facts, 'confidence')}, at least ${text(facts, 'minimum')} is asked`,
  confidence_unreadable: () => 'its confidence is not a number from 0 to 1',
  actor_type_not_meant: (facts) => `it is not meant for ${text(facts, 'actor_type')}`,
  role_missing: (facts) => `it is for the roles ${list(facts, 'wanted')}; yours: ${list(facts, 'has')}`,
  action_ref_missing: () => 'it offers nothing that could be done',
  condition_not_met: () => 'its condition was not met',
  condition_error: (facts) => `its condition could not be evaluated: ${text(facts, 'error')}`,
  incident_active: () => 'there was an incident',
  freeze_active: () => 'there was a change freeze',
  release_failed: () => 'a release of this repository had failed',
  on_call: () => 'you were on call',
  action_type_disabled: (facts) => `${text(facts, 'action_type')} is switched off for the tenant`,
  surface_not_relevant: () => 'its places are for more serious events',
  surface_not_asked: (facts) => `an answer was asked for ${text(facts, 'asked')} only`,
  surface_disabled: (facts) => `its places (${list(facts, 'surfaces')}) are switched off for the tenant`,
  opted_out: (facts) => `you have opted out of ${text(facts, 'category')}`,
  snoozed: (facts, { zone, nowMs }) => `you had snoozed until ${momentWords(Number(facts['until_ms']), zone, nowMs)}`,
  surface_not_preferred: (facts) => `it goes to ${list(facts, 'surfaces')}, you chose ${list(facts, 'preferred')}`,
  template_value_missing: (facts) => `a value for its text is missing: ${text(facts, 'missing')}`,
  text_missing: () => 'there is no text for it',
  text_refused: (facts) => `its text may not be shown: ${text(facts, 'rule')}`,
  quiet_hours: (facts, { zone, nowMs }) =>
    facts['until_ms'] === null
      ? 'it was quiet time, which never ends'
      : `it was quiet time, until ${momentWords(Number(facts['until_ms']), zone, nowMs)}`,
  not_a_breakpoint: () => 'it waits for a moment between two tasks',
  cooldown: (facts, reader) => `it spoke at ${paused(facts, reader)}`,
  subject_cooldown: (facts, reader) => `it spoke about the same thing at ${paused(facts, reader)}`,
  subject_rest: (facts, { zone, nowMs }) =>
    `something was said about the same thing at ${momentWords(Number(facts['last_ms']), zone, nowMs)}, which rests for ${spanWords(Number(facts['cooldown_ms']))}`,
  cap_hour: (facts) => `you have had ${used(facts)} for one hour`,
  cap_day: (facts) => `you have had ${used(facts)} for one day`,
  cap_reserved: (facts) => `you have had ${used(facts)} for one day; the rest is kept for what is more important`,
  cap_reserved_hour: (facts) => `you have had ${used(facts)} for one hour; the rest is kept for what is more important`,
  cap_reserved_repo: (facts) =>
    `you have had ${used(facts)} for one day in this repository; the rest is kept for what is more important`,
  cap_type_day: (facts) => `you have had ${used(facts)} of this kind for one day`,
  cap_repo_day: (facts) => `you have had ${used(facts)} for one day in this repository`,
  cap_playbook_day: (facts) => `you have had ${used(facts)} of this playbook for one day`,
  cap_playbook_repo_day: (facts) => `you have had ${used(facts)} of this playbook for one day in this repository`,
  outranked: (facts) => `something more important took the last room (${used(facts)})`,
};

/** Why, in words. */
export const vetoWords = ({ code, facts }: Pick<FirstVeto, 'code' | 'facts'>, reader: Reader): string =>
  WORDS[code]?.(facts, reader) ??
  (facts['rule'] === undefined ? code.replaceAll('_', ' ') : `muted by the rule ${text(facts, 'rule')}`);
