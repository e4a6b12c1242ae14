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

/** Part of the day's cap that only higher tiers may use, until the last hours of the day. Counted strictly: what they have used stays held. */
const heldForHigherTiers = ({ decision, playbook }: CandidateFacts): number => {
  const { tiers, releaseLastMs } = decision.policy.reserve;
  const higher = TIERS.slice(0, TIERS.indexOf(playbook.tier));
  const held = higher.reduce((sum, tier) => sum + (tiers[tier] ?? 0), 0);
  return held > 0 && decision.dayEndMs() - decision.decidedAtMs <= releaseLastMs ? 0 : held;
};

/**
 * The first cap or cool-down that leaves no room for one more action, or null. Caps count actions of earlier decisions and of this one; cool-downs
 * look at earlier decisions only, so the several actions of one playbook in one decision do not cool each other down (they are one nudge with
 * several parts, each charged). Days are the actor's calendar days, hours and cool-downs roll. A playbook cools only itself (D-59);
 * only its own `subject_rest` looks at what others said.
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
  const open = quotas.maxActionsPerDay - heldForHigherTiers(candidate);
  const perRepo = (used: number, code: string, limit: number | null): CapHit | null =>
    signal.repo_id === null ? null : countHit(code, used, limit, dayEnd);
  return (
    coolDownHit('cooldown', before.lastMs, limits.cooldownMs, decidedAtMs) ??
    coolDownHit('subject_cooldown', before.lastSubjectMs, limits.subjectCooldownMs, decidedAtMs) ??
    coolDownHit('subject_rest', earlier.lastSubjectMs, limits.subjectRestMs, decidedAtMs) ??
    countHit('cap_hour', hour.length, quotas.maxActionsPerHour, hourFlip(hour, quotas.maxActionsPerHour)) ??
    countHit('cap_day', day, quotas.maxActionsPerDay, dayEnd) ??
    countHit('cap_reserved', day, Math.max(0, open), dayEnd - decision.policy.reserve.releaseLastMs) ??
    perRepo(earlier.repoDay + taken.repoDay, 'cap_repo_day', quotas.perRepoPerDay) ??
    countHit('cap_playbook_day', before.day + now.day, limits.perActorPerDay, dayEnd) ??
    perRepo(before.repoDay + now.repoDay, 'cap_playbook_repo_day', limits.perRepoPerDay)
  );
};
