import type { Fact, PlanInput, Verdict } from '../decision/planned.ts';
import type { Playbook } from '../playbook/model.ts';
import { TIERS } from '../vocabulary.ts';
import type { LimitChange, PlaybookLimit, TenantLimit } from './change.ts';

type Veto = Extract<Verdict, { readonly pass: false }>;

/** A raised limit lets the more important candidates of the same decision through as well: so many more than one may be needed. */
const EXTRA_MAX = 8;

const TENANT_OF: Readonly<
  Record<
    string,
    { readonly limit: TenantLimit; readonly of: 'maxActionsPerDay' | 'maxActionsPerHour' | 'perRepoPerDay' }
  >
> = {
  cap_hour: { limit: 'max_actions_per_hour', of: 'maxActionsPerHour' },
  cap_reserved_hour: { limit: 'max_actions_per_hour', of: 'maxActionsPerHour' },
  cap_day: { limit: 'max_actions_per_day', of: 'maxActionsPerDay' },
  cap_repo_day: { limit: 'per_repo_per_day', of: 'perRepoPerDay' },
  cap_reserved_repo: { limit: 'per_repo_per_day', of: 'perRepoPerDay' },
};
const PLAYBOOK_COUNT_OF: Readonly<Record<string, PlaybookLimit>> = {
  cap_playbook_day: 'per_actor_per_day',
  cap_playbook_repo_day: 'per_repo_per_day',
};
const REST_OF: Readonly<Record<string, PlaybookLimit>> = {
  cooldown: 'cooldown',
  subject_cooldown: 'subject_cooldown',
  subject_rest: 'subject_rest',
};

const numberOf = (fact: Fact | undefined): number | null => (typeof fact === 'number' ? fact : null);

const countsUp = (used: number): number[] => Array.from({ length: EXTRA_MAX + 1 }, (_, extra) => used + 1 + extra);

/** What was held for higher tiers, less; or the whole day's cap, more. */
const reserveChanges = ({ rules }: PlanInput, playbook: Playbook, used: number, limit: number): LimitChange[] => {
  if (rules === null) return [];
  const { quotas, reserve } = rules.policy;
  const tenant = { kind: 'limit', playbookId: null } as const;
  const missing = used - limit + 1;
  const tiers = TIERS.slice(0, TIERS.indexOf(playbook.tier)).flatMap((tier): LimitChange[] => {
    const held = reserve.tiers[tier] ?? 0;
    return held < missing ? [] : [{ ...tenant, limit: `reserve.${tier}`, from: held, to: held - missing }];
  });
  const from = quotas.maxActionsPerDay;
  return [...tiers, { ...tenant, limit: 'max_actions_per_day', from, to: from + missing }];
};

/** The limit that a veto of caps or priority names, raised as little as may help. */
export const limitChanges = (input: PlanInput, playbook: Playbook, veto: Veto): LimitChange[] => {
  // Outranked in this decision: the cap that had no room left is among the facts.
  const code = typeof veto.facts['cap'] === 'string' ? veto.facts['cap'] : veto.code;
  const used = numberOf(veto.facts['used']);
  const limit = numberOf(veto.facts['limit']);
  const lastMs = numberOf(veto.facts['last_ms']);
  const restMs = numberOf(veto.facts['cooldown_ms']);
  if (used !== null && limit !== null) {
    if (code === 'cap_reserved') return reserveChanges(input, playbook, used, limit);
    const tenant = TENANT_OF[code];
    if (tenant !== undefined) {
      const from = input.rules?.policy.quotas[tenant.of] ?? limit;
      return countsUp(Math.max(used, from)).map((to) => ({
        kind: 'limit',
        playbookId: null,
        limit: tenant.limit,
        from,
        to,
      }));
    }
    const own = PLAYBOOK_COUNT_OF[code];
    if (own !== undefined)
      return countsUp(used).map((to) => ({ kind: 'limit', playbookId: playbook.id, limit: own, from: limit, to }));
  }
  const rest = REST_OF[code];
  if (rest === undefined || lastMs === null || restMs === null) return [];
  const passedMs = input.decidedAtMs - lastMs;
  const to = passedMs > 0 ? passedMs : null;
  return [{ kind: 'limit', playbookId: playbook.id, limit: rest, from: restMs, to }];
};

/** Too late to act on: how old a signal may be. */
export const latenessChange = ({ signal, rules, decidedAtMs }: PlanInput): LimitChange[] => {
  const from = rules?.policy.maxLatenessMs ?? Infinity;
  const to = decidedAtMs - Date.parse(signal.occurred_at);
  return to > from ? [{ kind: 'limit', playbookId: null, limit: 'max_lateness', from, to }] : [];
};
