import { Definitions } from '../../src/adapters/postgres/definitions.ts';
import { PostgresJournal } from '../../src/adapters/postgres/postgres-journal.ts';
import { PostgresDeferralQueue } from '../../src/adapters/postgres/postgres-deferral-queue.ts';
import type { TenantRules } from '../../src/domain/rules.ts';
import { recordedDeps } from '../../src/entrypoints/composition/recorded.ts';
import type { MmmSignalInput } from '../../src/generated/records.ts';
import { ActorMemory } from '../../src/pipeline/decide/actor-memory.ts';
import { decideBatch, type DecideBatchDeps } from '../../src/pipeline/decide/decide-batch.ts';
import { releaseDue } from '../../src/pipeline/defer/defer.ts';
import type { OutputRecord } from '../../src/pipeline/ports/records.ts';
import { rulesInForce } from '../../src/replay/rules-in-force.ts';
import type { TestDatabase } from '../adapters/postgres/test-database.ts';
import { DecideHarness, push } from '../pipeline/harness.ts';

export const TENANT = 'acme';
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/**
 * After everything that the suite defines, so that the rules are those of the time by their dates as well; always a midnight, so that the days and the
 * nights of the history fall on the same signals whenever the suite runs.
 */
export const START_MS = (Math.floor(Date.now() / DAY) + 1) * DAY;

const action = (title: string) => ({ type: 'mirror', surfaces: ['ide'], template: { title, body: 'Counted.' } });
export const LARGE = {
  ...{ id: 'large', name: 'Large changes', description: 'd', owner: 'o', tier: 'normal' },
  triggers: [{ event_type: 'commit_pushed' }],
  when: 'signal.payload.files_changed >= 20',
  limits: { cooldown: '4h' },
  deferral: { mode: 'defer', expires_after: '18h' },
  actions: [action('{{signal.payload.files_changed}} files')],
};
export const REPEATED = {
  ...{ id: 'repeated', name: 'Many pushes', description: 'd', owner: 'o', tier: 'low' },
  triggers: [{ event_type: 'commit_*', min_severity: 'low' }],
  when: 'recent.count("commit_pushed", "2d") >= 4',
  limits: { per_actor_per_day: 2 },
  deferral: { mode: 'defer', expires_after: '12h' },
  actions: [action('Push number {{recent.count("commit_pushed", "2d")}}')],
};
const POLICY = { id: TENANT, unknown_actors: 'allow', quotas: { max_actions_per_day: 4, max_actions_per_hour: 2 } };

export const define = async (database: TestDatabase): Promise<void> => {
  const definitions = new Definitions(database);
  await definitions.upsertTenantPolicy(TENANT, POLICY, 'test');
  for (const document of [LARGE, REPEATED]) {
    const { version } = await definitions.importPlaybook(TENANT, document.id, document, 'test');
    await definitions.publishPlaybook(TENANT, document.id, version, 'test');
  }
  const preferences = { optOutCategories: ['repeated'], preferredSurfaces: null, snoozeUntilMs: null };
  await definitions.upsertActorProfile(TENANT, 'dev0', { roles: [], timeZone: '+05:30', preferences }, 'test');
};

/** Always the same numbers, without a pattern that a limit could hide in. */
const drawn = (n: number, below: number): number => (Math.imul(n + 1, 2_654_435_761) >>> 8) % below;

/** Six people over six days, with nights, other events, a service and signals of nobody. */
export const signals: readonly { readonly atMs: number; readonly signal: MmmSignalInput }[] = Array.from(
  { length: 240 },
  (_, n) => {
    const atMs = START_MS + n * 36 * MINUTE + drawn(n, 20) * MINUTE;
    const at = new Date(atMs).toISOString();
    const signal = push(`dev${drawn(n, 6)}`, `s${n}`, {
      ...{ tenant_id: TENANT, occurred_at: at, received_at: at },
      severity: drawn(n, 3) === 0 ? 'info' : 'medium',
      repo_id: drawn(n, 2) === 0 ? 'org/app' : 'org/lib',
      branch: `b${drawn(n, 9)}`,
      payload: { files_changed: drawn(n, 40) },
      ...(n % 11 === 0 ? { event_type: 'pr_opened' } : n % 7 === 0 ? { event_type: 'pr_merged' } : {}),
      ...(n % 37 === 0 ? { actor_type: 'service' } : {}),
      ...(n % 41 === 0 ? { actor_id: null } : {}),
    });
    return { atMs, signal };
  },
);

/**
 * The real stages DECIDE and DEFER on the real stores, in event time, one signal after the other. Answers how many signals the engine gave to itself.
 */
export const record = async (database: TestDatabase, replace: Partial<DecideBatchDeps> = {}): Promise<number> => {
  const recorded = recordedDeps({ api: database.api });
  const found = rulesInForce(await recorded.history.rules(TENANT), START_MS);
  const rules: TenantRules | null = found === null ? null : recorded.compile(found.documents);
  if (rules === null) throw new Error('the rules of the test do not compile');
  let now = START_MS;
  const clock = { now: () => now, monotonicMs: () => performance.now() };
  const journal = new PostgresJournal(database.pipeline, clock);
  const harness = new DecideHarness(rules);
  const deps: DecideBatchDeps = { ...harness.deps, journal, clock, ...replace };
  const memory = new ActorMemory(journal, harness.cache);
  const { epoch } = await journal.openShard(0);
  const decide = async (signal: MmmSignalInput): Promise<void> => {
    const { failed } = await decideBatch(deps, memory, { shard: 0, epoch }, [signal]);
    if (failed.length > 0) throw failed[0]!.error;
  };
  const due: MmmSignalInput[] = [];
  const { ids, codec, logger, metrics } = harness.deps;
  const writer = {
    append: (records: readonly OutputRecord[]) => {
      due.push(...records.map(({ value }) => JSON.parse(Buffer.from(value!).toString()) as MmmSignalInput));
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
  const deferrals = new PostgresDeferralQueue(database.pipeline);
  let released = 0;
  // As the scheduler does: soon after it is due, not only when somebody does something.
  const releaseUntil = async (untilMs: number): Promise<void> => {
    for (now += 10 * MINUTE; now < untilMs; now += 10 * MINUTE) {
      released += await releaseDue({ ids, codec, logger, metrics, clock, writer, deferrals });
      for (const one of due.splice(0)) await decide(one);
    }
    now = untilMs;
  };
  for (const { atMs, signal } of signals) {
    await releaseUntil(atMs);
    await decide(signal);
  }
  // Until nothing waits any more.
  await releaseUntil(now + 24 * 60 * MINUTE);
  return released;
};
