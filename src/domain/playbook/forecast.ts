import { wouldDefer } from '../decision/deferral.ts';
import type { TenantPolicy } from '../rules.ts';
import { type LoudDay, loudWeek, type LoudWeek } from '../time/loud-week.ts';
import { DAY_MS, HOUR_MS } from '../time/zones.ts';
import { TIERS } from '../vocabulary.ts';
import { durationText } from './duration.ts';
import type { Playbook } from './model.ts';

/** One limit that takes part, as its writer knows it: `limits.cooldown` of the playbook, `quotas.max_actions_per_day` of the tenant. */
export interface Setting {
  readonly name: string;
  readonly value: string;
  readonly of: 'playbook' | 'tenant';
}

/** All numbers are actions per week and actor. `sent` is at most; `sent + expired + dropped = produced`. */
export interface Forecast {
  readonly produced: number;
  readonly sent: number;
  readonly expired: number;
  readonly dropped: number;
  /** What it could send if there were always something to say. */
  readonly capacity: number;
  /** `capacity` by the playbook's own limits alone, without any of the tenant's. */
  readonly ownCapacity: number;
  /** The settings that keep `sent` below `produced`, tightest first. */
  readonly interacting: readonly Setting[];
}

type Policy = Pick<TenantPolicy, 'quotas' | 'quietHours' | 'reserve'>;

/** A setting with the most it lets through on one day and in one week, given when there is quiet. */
export interface Term extends Setting {
  readonly perDay: (day: LoudDay) => number;
  readonly perWeek: number;
}

const WEEK_MS = 7 * DAY_MS;
const NO_QUIET: LoudWeek = {
  days: Array.from({ length: 7 }, () => ({ loudMs: DAY_MS, extentMs: DAY_MS, endMs: DAY_MS })),
  longestQuietMs: 0,
};

const daily = (name: string, of: Setting['of'], limit: number | null): Term[] =>
  limit === null ? [] : [{ name, of, value: String(limit), perDay: () => limit, perWeek: Infinity }];

/** How many repositories it can be about; null: any number, so limits per repository bound nothing that can be known here. */
const repositoriesOf = (playbook: Playbook): number | null => {
  const named = playbook.triggers.map(({ repos }) =>
    repos?.every((glob) => !/[*?]/.test(glob)) === true ? repos : null,
  );
  return named.some((repos) => repos === null) ? null : new Set(named.flatMap((repos) => repos ?? [])).size;
};

const perRepository = (name: string, of: Setting['of'], limit: number | null, repositories: number | null): Term[] =>
  limit === null || repositories === null
    ? []
    : [{ name, of, value: String(limit), perDay: () => limit * repositories, perWeek: Infinity }];

const heldFor = (playbook: Playbook, { reserve }: Policy): number =>
  TIERS.slice(0, TIERS.indexOf(playbook.tier)).reduce((sum, tier) => sum + (reserve.tiers[tier] ?? 0), 0);

/** The caps of its types together; null: one of them has none. */
const typeLimit = (playbook: Playbook, { quotas }: Policy): number | null => {
  const limits = [...new Set(playbook.actions.map(({ type }) => type))].map((type) => quotas.perTypePerDay?.[type]);
  return limits.reduce<number | null>((sum, limit) => (sum === null || limit === undefined ? null : sum + limit), 0);
};

/** Everything that can hold this playbook back and can be known without its subjects and the tenant's other playbooks. */
export const termsOf = (playbook: Playbook, policy: Policy): readonly Term[] => {
  const { limits } = playbook;
  const { quotas } = policy;
  const actions = playbook.actions.length;
  const repositories = repositoriesOf(playbook);
  const terms: Term[] = [];
  const { cooldownMs } = limits;
  if (cooldownMs !== null) {
    terms.push({
      name: 'limits.cooldown',
      of: 'playbook',
      value: durationText(cooldownMs),
      // The several actions of one decision do not cool each other down.
      perDay: ({ extentMs }) => actions * Math.ceil(extentMs / cooldownMs),
      perWeek: (actions * WEEK_MS) / cooldownMs,
    });
  }
  terms.push(...daily('limits.per_actor_per_day', 'playbook', limits.perActorPerDay));
  terms.push(...perRepository('limits.per_repo_per_day', 'playbook', limits.perRepoPerDay, repositories));
  terms.push(...daily('quotas.max_actions_per_day', 'tenant', quotas.maxActionsPerDay));
  terms.push(...daily('quotas.per_type_per_day', 'tenant', typeLimit(playbook, policy)));
  terms.push({
    name: 'quotas.max_actions_per_hour',
    of: 'tenant',
    value: String(quotas.maxActionsPerHour),
    perDay: ({ extentMs }) => quotas.maxActionsPerHour * Math.ceil(extentMs / HOUR_MS),
    perWeek: Infinity,
  });
  terms.push(...perRepository('quotas.per_repo_per_day', 'tenant', quotas.perRepoPerDay, repositories));
  const held = heldFor(playbook, policy);
  if (held > 0) {
    // The last hours of a day give what was held to everyone: it is taken for good only where they are quiet.
    const released = DAY_MS - policy.reserve.releaseLastMs;
    const left = Math.max(0, quotas.maxActionsPerDay - held);
    terms.push({
      name: 'reserve',
      of: 'tenant',
      value: `${held} of ${quotas.maxActionsPerDay} held for higher tiers`,
      perDay: ({ endMs }) => (endMs > released ? quotas.maxActionsPerDay : left),
      perWeek: Infinity,
    });
  }
  return terms;
};

/** The most that these terms let through in one week; Infinity with no terms. */
export const capacityOf = (terms: readonly Term[], { days }: LoudWeek): number => {
  let week = 0;
  for (const day of days) if (day.loudMs > 0) week += Math.min(Infinity, ...terms.map(({ perDay }) => perDay(day)));
  return Math.min(week, ...terms.map(({ perWeek }) => perWeek));
};

const quietSetting = (week: LoudWeek): Setting => {
  const loudHours = week.days.reduce((sum, { loudMs }) => sum + loudMs, 0) / HOUR_MS;
  return { name: 'quiet_hours', of: 'tenant', value: `${Math.round(loudHours)} of 168 hours are left` };
};

const interactingOf = (terms: readonly Term[], week: LoudWeek, produced: number): readonly Setting[] => {
  const alone = terms.map((term) => ({ term, capacity: capacityOf([term], week) }));
  const found: { setting: Setting; capacity: number }[] = alone
    .filter(({ capacity }) => capacity < produced)
    .map(({ term, capacity }) => ({ setting: { name: term.name, value: term.value, of: term.of }, capacity }));
  const [loud, always] = [capacityOf(terms, week), capacityOf(terms, NO_QUIET)];
  if (loud < always && loud < produced) found.push({ setting: quietSetting(week), capacity: loud });
  return found.sort((a, b) => a.capacity - b.capacity).map(({ setting }) => setting);
};

/**
 * What a playbook can get through to one person in a week, against what it produces there. Pure arithmetic, an upper bound: "at most".
 *
 * Model. `perWeek` is how many signals a week of one actor trigger it and meet its condition; each makes one action per entry of `actions`. A
 * day lets through the least of all daily terms; the hour's quota and the cool-down count how often they fit into the loud part of that day,
 * the cool-down also how often it fits into a week; a day without loud time lets nothing through. What is produced above that is lost in the long
 * run, because a queue that is filled faster than it is emptied only grows: it expires where the action would be deferred (whether it waits first, gives
 * way to a newer one or could only come after its expiry), else it is dropped.
 *
 * Limits of the model. Every signal is about a subject of its own (the next about the same one revises the card at no charge). The playbook is alone (others take from the same quotas), signals come when they fit best, no daylight saving, nobody has
 * opted out. `subject_cooldown` and `subject_rest` depend on how many subjects there are and are left out; limits per repository count only where
 * the triggers name their repositories without wildcards. So the truth may be lower, never higher.
 *
 * The unit is a week and one actor: caps, quotas and quiet hours are those of one person (a sum over the tenant would hide the one who gets all
 * of it), and a week is the shortest time in which every weekday form of quiet hours comes round.
 */
export const forecastOf = (playbook: Playbook, policy: Policy, perWeek: number): Forecast => {
  const week = loudWeek(policy.quietHours);
  const terms = termsOf(playbook, policy);
  const produced = Math.max(0, perWeek) * playbook.actions.length;
  const capacity = capacityOf(terms, week);
  const sent = Math.min(produced, capacity);
  const lost = produced - sent;
  const deferring = playbook.actions.filter(({ type }) => wouldDefer(playbook, type)).length / playbook.actions.length;
  const expired = lost * deferring;
  return {
    produced,
    sent,
    expired,
    dropped: lost - expired,
    capacity,
    ownCapacity: capacityOf(
      terms.filter(({ of }) => of === 'playbook'),
      NO_QUIET,
    ),
    interacting: lost > 0 ? interactingOf(terms, week, produced) : [],
  };
};

/** A number for a reader: whole where it is large, one decimal below ten. Rounded down: what is lost and what gets through must not be more than there is. */
const shown = (value: number, round: (value: number) => number = Math.floor): string =>
  String(value >= 10 ? round(value) : round(value * 10) / 10);

/** `at most 6 a week of the 40 it produces; 34 will expire`. */
export const forecastInWords = ({ produced, sent, expired, dropped }: Forecast): string => {
  const lost = [
    ...(expired > 0 ? [`${shown(expired)} will expire`] : []),
    ...(dropped > 0 ? [`${shown(dropped)} will be dropped`] : []),
  ];
  const head = `at most ${shown(sent)} a week of the ${shown(produced, Math.round)} it produces`;
  return lost.length === 0
    ? `all of the ${shown(produced, Math.round)} a week it produces`
    : `${head}; ${lost.join(', ')}`;
};

/** `limits.cooldown (24h), quiet_hours (72 of 168 hours are left)`. */
export const settingsInWords = (settings: readonly Setting[]): string =>
  settings.map(({ name, value }) => `${name} (${value})`).join(', ');
