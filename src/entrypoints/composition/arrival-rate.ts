import { journalArrivals, producedArrivals, type Seen } from '../../adapters/postgres/arrivals.ts';
import type { StoredPlaybook } from '../../adapters/postgres/definition-reader.ts';
import { diffPlaybooks } from '../../domain/playbook/diff-playbooks.ts';
import type { Arrivals } from '../../domain/playbook/lint-limits.ts';
import type { Playbook } from '../../domain/playbook/model.ts';
import { parsePlaybook } from '../../domain/playbook/parse-playbook.ts';
import { DAY_MS } from '../../domain/time/zones.ts';
import type { Store } from './store.ts';

/** Four whole weeks: what the journal keeps (30 days), without a fifth weekend. */
const WINDOW_MS = 28 * DAY_MS;
/** Less says nothing about a week. */
const LEAST_MS = DAY_MS;

/** The mean of those people who sent any: limits are per person, and who sends nothing is starved by nothing. */
const perWeekOf = ({ signals, actors, sinceMs }: Seen, nowMs: number): number | null => {
  if (sinceMs === null || nowMs - sinceMs < LEAST_MS) return null;
  return actors === 0 ? 0 : (signals * 7 * DAY_MS) / (actors * (nowMs - sinceMs));
};

const sameArrivals = (playbook: Playbook, live: StoredPlaybook): boolean => {
  const parsed = parsePlaybook(live.document, live.version);
  if (!parsed.ok) return false;
  return !diffPlaybooks(parsed.playbook, playbook).some(({ area }) => area === 'trigger' || area === 'condition');
};

const isExact = (playbook: Playbook): boolean =>
  playbook.when === null &&
  playbook.triggers.every(
    (trigger) =>
      trigger.sources === null &&
      trigger.minSeverity === null &&
      trigger.actorTypes === null &&
      trigger.actorRoles === null &&
      trigger.repos === null,
  );

/**
 * How often this playbook comes up for one person in a week, from what the tenant has recorded: counted where the live version asks for the same, else
 * from the event types of its triggers (the journal keeps no payload, so a condition can only make it fewer). Null: too little is recorded.
 */
export const arrivalRateOf = async (
  store: Pick<Store, 'api'>,
  tenantId: string,
  playbook: Playbook,
  live: StoredPlaybook | null,
  nowMs: number,
): Promise<Arrivals | null> => {
  const fromMs = nowMs - WINDOW_MS;
  if (live !== null && sameArrivals(playbook, live)) {
    const seen = await producedArrivals(store.api, tenantId, fromMs, playbook.id, live.version);
    const perWeek = seen.signals > 0 ? perWeekOf(seen, nowMs) : null;
    if (perWeek !== null) return { perWeek, certainty: 'counted' };
  }
  const patterns = playbook.triggers.map(({ eventType }) => eventType);
  const perWeek = perWeekOf(await journalArrivals(store.api, tenantId, fromMs, patterns), nowMs);
  return perWeek === null ? null : { perWeek, certainty: isExact(playbook) ? 'counted' : 'most' };
};
