import { wouldDefer } from '../decision/deferral.ts';
import type { TenantPolicy } from '../rules.ts';
import { loudWeek } from '../time/loud-week.ts';
import { durationText } from './duration.ts';
import { finding } from './finding.ts';
import type { Finding } from './finding.ts';
import { capacityOf, forecastInWords, forecastOf, settingsInWords, termsOf } from './forecast.ts';
import type { Forecast, Term } from './forecast.ts';
import type { Playbook } from './model.ts';

/** How often one actor's signals trigger the playbook and meet its condition, and how well that is known. */
export interface Arrivals {
  /** Per week and actor. */
  readonly perWeek: number;
  /** `most`: the condition could not be counted, so it may be far fewer; nothing is refused by such a number. */
  readonly certainty: 'given' | 'counted' | 'most';
}

export interface LimitReport {
  readonly findings: readonly Finding[];
  /** What the writer may want to know and is free to ignore. */
  readonly notes: readonly string[];
  /** Null: no rate is known. */
  readonly forecast: Forecast | null;
}

type Policy = Pick<TenantPolicy, 'quotas' | 'quietHours' | 'reserve'>;

/** Below half, most of what the playbook is for does not happen; above, a limit does what limits are for. */
const STARVES_BELOW = 0.5;

const neverReached = (playbook: Playbook, policy: Policy): readonly Finding[] => {
  const terms = termsOf(playbook, policy);
  const { limits } = playbook;
  const { days } = loudWeek(policy.quietHours);
  const best = (term: Term): number => Math.max(...days.map((day) => (day.loudMs > 0 ? term.perDay(day) : 0)));
  const check = (name: string, limit: number | null, others: readonly Term[]): readonly Finding[] => {
    const lower = limit === null ? [] : others.filter((term) => best(term) < limit);
    if (limit === null || lower.length === 0) return [];
    const most = Math.min(...lower.map(best));
    return [
      finding(
        name,
        `${limit} is never reached: at most ${most} a day with ${settingsInWords(lower)}`,
        `write ${Math.max(1, most)}, or remove it; or change what stands before it`,
      ),
    ];
  };
  const repoQuota: Term = {
    name: 'quotas.per_repo_per_day',
    of: 'tenant',
    value: String(policy.quotas.perRepoPerDay),
    perDay: () => policy.quotas.perRepoPerDay,
    perWeek: Infinity,
  };
  return [
    ...check(
      'limits.per_actor_per_day',
      limits.perActorPerDay,
      terms.filter(({ name }) => name !== 'limits.per_actor_per_day'),
    ),
    ...check('limits.per_repo_per_day', limits.perRepoPerDay, [
      // The same limits times the number of repositories say nothing about one repository.
      ...terms.filter(({ name }) => !name.endsWith('per_repo_per_day')),
      repoQuota,
    ]),
    ...subjectCooldown(limits),
  ];
};

/** Its own words about a subject also count for `subject_rest`, and about anything for `cooldown`: a shorter one never decides. */
const subjectCooldown = ({ cooldownMs, subjectCooldownMs, subjectRestMs }: Playbook['limits']): readonly Finding[] => {
  if (subjectCooldownMs === null) return [];
  const longer = (cooldownMs ?? 0) >= (subjectRestMs ?? 0) ? 'cooldown' : 'subject_rest';
  const longerMs = Math.max(cooldownMs ?? 0, subjectRestMs ?? 0);
  if (subjectCooldownMs >= longerMs) return [];
  return [
    finding(
      'limits.subject_cooldown',
      `${durationText(subjectCooldownMs)} is never reached: ${longer} holds back for ${durationText(longerMs)}`,
      `remove it, or make it longer than ${longer}`,
    ),
  ];
};

const nothingEver = (playbook: Playbook, policy: Policy): readonly Finding[] => {
  const week = loudWeek(policy.quietHours);
  const terms = termsOf(playbook, policy);
  if (capacityOf(terms, week) > 0) return [];
  const zero = terms.filter((term) => capacityOf([term], week) === 0);
  const causes = week.longestQuietMs === Infinity ? 'quiet_hours (it is always quiet)' : settingsInWords(zero);
  return [
    finding('limits', `nothing of it is ever sent: ${causes}`, 'change the tenant policy that the message names'),
  ];
};

const starving = (forecast: Forecast): string | null => {
  const { produced, sent, expired, ownCapacity } = forecast;
  if (produced === 0) return null;
  if (expired > produced * STARVES_BELOW)
    return 'narrow `when`, loosen what the message names, or write deferral: { mode: drop } if that is meant';
  // What the writer's own limits drop is what they are for; what the tenant's take on top of that is not.
  if (sent < Math.min(produced, ownCapacity) * STARVES_BELOW)
    return "narrow `when`, or write limits that fit into the tenant's settings";
  return null;
};

const quietNote = (playbook: Playbook, policy: Policy): readonly string[] => {
  const { longestQuietMs } = loudWeek(policy.quietHours);
  const { expiresAfterMs } = playbook.deferral;
  if (!playbook.actions.some(({ type }) => wouldDefer(playbook, type)) || longestQuietMs <= expiresAfterMs) return [];
  if (longestQuietMs === Infinity) return [];
  return [
    `quiet_hours last up to ${durationText(longestQuietMs)}, deferral.expires_after is ${durationText(expiresAfterMs)}: what comes in the first ` +
      `${durationText(longestQuietMs - expiresAfterMs)} of such a quiet expires before it ends`,
  ];
};

/**
 * Limits that can never be reached (another setting is always met before), and limits that starve: most of what the playbook means to put off would
 * expire, or the tenant's settings take more than half of what its own limits let through. The model is that of `forecastOf`. Without a rate
 * only what holds at any rate is found; a rate that is only an upper bound refuses nothing.
 */
export const lintLimits = (playbook: Playbook, policy: Policy, arrivals: Arrivals | null): LimitReport => {
  const never = nothingEver(playbook, policy);
  const notes = [...quietNote(playbook, policy)];
  if (never.length > 0) return { findings: never, notes: [], forecast: null };
  const findings = [...neverReached(playbook, policy)];
  if (arrivals === null) return { findings, notes, forecast: null };
  const forecast = forecastOf(playbook, policy, arrivals.perWeek);
  const said = forecastInWords(forecast);
  const by = forecast.interacting.length === 0 ? '' : `: ${settingsInWords(forecast.interacting)}`;
  const remedy = starving(forecast);
  if (remedy !== null && arrivals.certainty !== 'most')
    findings.push(finding('limits', `starves, ${said}${by}`, remedy));
  else if (arrivals.certainty === 'most') notes.push(`if every signal met its condition: ${said}${by}`);
  else notes.push(`${said}${by}`);
  return { findings, notes, forecast };
};
