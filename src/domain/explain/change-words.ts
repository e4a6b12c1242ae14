import type { Zone } from '../time/zones.ts';
import type { Change, LimitChange, PreferenceChange, SignalChange, TriggerPart } from './change.ts';
import { momentWords, spanWords } from './moment-words.ts';

/** Where and when the reader is. */
export interface Reader {
  readonly zone: Zone;
  readonly nowMs: number;
}

const LIMIT_WORDS: Readonly<Record<string, string>> = {
  max_actions_per_day: 'the limit for one day',
  max_actions_per_hour: 'the limit for one hour',
  per_repo_per_day: 'the limit for one day in this repository',
  max_lateness: 'the age up to which an event counts',
  cooldown: "this playbook's pause",
  subject_cooldown: "this playbook's pause about the same thing",
  subject_rest: 'the rest after anything was said about the same thing',
  per_actor_per_day: "this playbook's limit for one day",
};
const DURATIONS = new Set(['max_lateness', 'cooldown', 'subject_cooldown', 'subject_rest']);

const limitWords = (change: LimitChange): string => {
  const { limit, from, to } = change;
  const amount = (value: number): string => (DURATIONS.has(limit) ? spanWords(value) : String(value));
  const own = change.playbookId !== null && limit === 'per_repo_per_day';
  const what = limit.startsWith('reserve.')
    ? `the part of the day's limit that is kept for tier ${limit.slice('reserve.'.length)}`
    : own
      ? "this playbook's limit for one day in this repository"
      : (LIMIT_WORDS[limit] ?? limit);
  return to === null ? `without ${what}` : `${what} at ${amount(to)} instead of ${amount(from)}`;
};

const preferenceWords = ({ field, value }: PreferenceChange, { zone, nowMs }: Reader): string => {
  switch (field) {
    case 'snooze_until':
      return `your snooze, until ${momentWords(Number(value), zone, nowMs)}`;
    case 'opt_out':
      return `your opt-out of ${value}`;
    case 'preferred_surfaces':
      return `${value} among the places you chose`;
  }
};

const CONTEXT_WORDS: Readonly<Record<string, string>> = {
  incidentActive: 'no incident at that time',
  freezeActive: 'no change freeze at that time',
  onCall: 'you not being on call',
  releaseFailed: 'no failed release in this repository',
};

const signalWords = ({ field, to }: SignalChange): string => {
  switch (field) {
    case 'event_type':
      return `an event of type ${to ?? ''}`;
    case 'source':
      return `the event coming from ${to ?? ''}`;
    case 'repo_id':
      return `the event in repository ${to ?? ''}`;
    case 'actor_type':
      return `somebody of type ${to ?? ''}`;
    case 'surface_hint':
      return 'the event not asking for one place';
    case 'confidence':
      return `a confidence of ${to ?? ''}`;
  }
};

const PART_WORDS: Readonly<Record<TriggerPart, string>> = {
  event_type: 'the type of event',
  sources: 'the source',
  min_severity: 'a severity',
  repos: 'the repository',
  actor_types: 'the type of actor',
  actor_roles: 'a role',
};

/** One change in words, as the end of "it would have reached you with ...". */
export const changeWords = (change: Change, reader: Reader): string => {
  switch (change.kind) {
    case 'preference':
      return preferenceWords(change, reader);
    case 'time': {
      const ms = change.atMs - reader.nowMs;
      const when = `${spanWords(Math.abs(ms))} ${ms < 0 ? 'earlier' : 'later'} (${momentWords(change.atMs, reader.zone, reader.nowMs)})`;
      return change.moves === 'event' ? `the same event ${when}` : when;
    }
    case 'severity':
      return `severity ${change.to}`;
    case 'limit':
      return limitWords(change);
    case 'condition':
      return change.value === null || change.from === change.term
        ? `"${change.term}" ${change.to === 'true' ? 'being met' : 'not being met'}`
        : `${change.to} instead of ${change.from} in "${change.term}", where it was ${change.value}`;
    case 'context':
      return CONTEXT_WORDS[change.fact] ?? `no ${change.fact}`;
    case 'role':
      return `the role ${change.role}`;
    case 'signal':
      return signalWords(change);
    case 'policy':
      return change.field === 'unknown_actors'
        ? 'people without a profile allowed'
        : change.field === 'quiet_hours'
          ? 'no quiet hours'
          : `${change.value ?? ''} switched on`;
    case 'trigger':
      return `this playbook not asking for ${PART_WORDS[change.part]}`;
  }
};
