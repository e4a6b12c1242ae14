import { HOUR_MS } from '../time/zones.ts';
import { TIERS } from '../vocabulary.ts';
import type { CandidateFacts } from './candidate-facts.ts';
import type { Fact, Flip } from './planned.ts';
import type { PlaybookTally, SentTally } from './sent-tally.ts';

export interface CapHit {
  readonly code: string;
  readonly facts: Readonly<Record<string, Fact>>;
  readonly flip: Flip | null;
}

const NEVER: PlaybookTally = { day: 0, repoDay: 0, lastMs: -Infinity, lastSubjectMs: -Infinity };

const coolDownHit = (code: string, lastMs: number, coolDownMs: number | null, nowMs: number): CapHit | null =>
  coolDownMs !== null && nowMs - lastMs < coolDownMs
    ? {
        code,
        facts: { last_ms: lastMs, cooldown_ms: coolDownMs },
        flip: { atMs: lastMs + coolDownMs, change: null },
      }
    : null;

const countHit = (code: string, used: number, limit: number | null, atMs: number): CapHit | null =>
  limit !== null && used >= limit
    ? { code, facts: { used, limit }, flip: limit > 0 ? { atMs, change: null } : null }
    : null;

/** When so many of the hour's actions have rolled out of it that one more fits. */
const hourFlip = (hour: readonly number[], limit: number): number => (hour[hour.length - limit] ?? 0) + HOUR_MS;

/**
 * Part of the day's cap that only higher tiers may use, until the last hours of the day; null: nothing is held now. Counted strictly: what the higher
 * tiers have used stays held. So a tier's sends never reach into the last part of the day's cap, which is the part held for the tiers above it,
 * and in whatever order candidates come, nobody above is turned away because of somebody below.
 */
const heldForHigherTiers = ({ decision, playbook }: CandidateFacts): { ofDay: number; releaseAtMs: number } | null => {
  const { tiers, releaseLastMs } = decision.policy.reserve;
  const higher = TIERS.slice(0, TIERS.indexOf(playbook.tier));
  const ofDay = higher.reduce((sum, tier) => sum + (tiers[tier] ?? 0), 0);
  const releaseAtMs = decision.dayEndMs() - releaseLastMs;
  return ofDay === 0 || decision.decidedAtMs >= releaseAtMs ? null : { ofDay, releaseAtMs };
};

/**
 * The tenant sets what is held of the day; of the other quotas of all playbooks the same share is held, rounded up, or three low nudges in an hour would
 * shut the hour for what the day still holds room for. Never all of a quota: of a cap of one nothing could be left for the others.
 */
const shareOf = (quota: number, held: number, maxPerDay: number): number =>
  quota <= 1 ? 0 : Math.min(quota - 1, Math.ceil((quota * held) / Math.max(maxPerDay, 1)));

/**
 * The first cap or cool-down that leaves no room for one more action, or null. Caps count actions of earlier decisions and of this one; cool-downs
 * look at earlier decisions only, so the several actions of one playbook in one decision do not cool each other down (they are one nudge with
 * several parts, each charged). Days are the actor's calendar days, hours and cool-downs roll. A playbook cools only itself (D-59);
 * only its own `subject_rest` looks at what others said. Caps of a playbook and of an action type are nobody else's, so nothing of them is held.
 */
export const capHit = (candidate: CandidateFacts, earlier: SentTally, taken: SentTally): CapHit | null => {
  const { decision, playbook } = candidate;
  const { quotas } = decision.policy;
  const { limits } = playbook;
  const { decidedAtMs, signal } = decision;
  const before = earlier.playbooks.get(playbook.id) ?? NEVER;
  const now = taken.playbooks.get(playbook.id) ?? NEVER;
  const hour = taken.hour.length === 0 ? earlier.hour : [...earlier.hour, ...taken.hour];
  const day = earlier.day + taken.day;
  const dayEnd = decision.dayEndMs();
  const type = candidate.compiled.action.type;
  const typeDay = (earlier.typeDay.get(type) ?? 0) + (taken.typeDay.get(type) ?? 0);
  const perRepo = (used: number, code: string, limit: number | null): CapHit | null =>
    signal.repo_id === null ? null : countHit(code, used, limit, dayEnd);
  return (
    coolDownHit('cooldown', before.lastMs, limits.cooldownMs, decidedAtMs) ??
    coolDownHit('subject_cooldown', before.lastSubjectMs, limits.subjectCooldownMs, decidedAtMs) ??
    coolDownHit('subject_rest', earlier.lastSubjectMs, limits.subjectRestMs, decidedAtMs) ??
    countHit('cap_hour', hour.length, quotas.maxActionsPerHour, hourFlip(hour, quotas.maxActionsPerHour)) ??
    countHit('cap_day', day, quotas.maxActionsPerDay, dayEnd) ??
    reserveHit(candidate, { hour, day, repoDay: earlier.repoDay + taken.repoDay }) ??
    countHit('cap_type_day', typeDay, quotas.perTypePerDay?.[type] ?? null, dayEnd) ??
    perRepo(earlier.repoDay + taken.repoDay, 'cap_repo_day', quotas.perRepoPerDay) ??
    countHit('cap_playbook_day', before.day + now.day, limits.perActorPerDay, dayEnd) ??
    perRepo(before.repoDay + now.repoDay, 'cap_playbook_repo_day', limits.perRepoPerDay)
  );
};

/** Does only what is held for higher tiers remain? Lifted when it is released, in the hour also when enough has rolled out of it. */
const reserveHit = (
  candidate: CandidateFacts,
  used: { readonly hour: readonly number[]; readonly day: number; readonly repoDay: number },
): CapHit | null => {
  const held = heldForHigherTiers(candidate);
  if (held === null) return null;
  const { quotas } = candidate.decision.policy;
  const hit = (code: string, count: number, quota: number, share: number, liftedAt: (limit: number) => number) => {
    const limit = Math.max(0, quota - share);
    return share > 0 && count >= limit
      ? { code, facts: { used: count, limit }, flip: { atMs: liftedAt(limit), change: null } }
      : null;
  };
  const shared = (quota: number): number => shareOf(quota, held.ofDay, quotas.maxActionsPerDay);
  const { maxActionsPerDay: perDay, maxActionsPerHour: perHour, perRepoPerDay: perRepo } = quotas;
  const whenReleased = (): number => held.releaseAtMs;
  return (
    hit('cap_reserved', used.day, perDay, held.ofDay, whenReleased) ??
    hit('cap_reserved_hour', used.hour.length, perHour, shared(perHour), (limit) =>
      Math.min(held.releaseAtMs, hourFlip(used.hour, limit)),
    ) ??
    (candidate.decision.signal.repo_id === null
      ? null
      : hit('cap_reserved_repo', used.repoDay, perRepo, shared(perRepo), whenReleased))
  );
};
