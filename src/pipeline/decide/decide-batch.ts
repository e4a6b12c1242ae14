import { setImmediate as turnOfTheEventLoop } from 'node:timers/promises';
import { type ActorKey, actorKeyText } from '../../domain/ids.ts';
import type { TenantRules } from '../../domain/rules.ts';
import type { MmmSignalInput } from '../../generated/records.ts';
import { MmmError } from '../../errors.ts';
import { lanesOf } from '../actor-lanes.ts';
import type { Clock } from '../ports/clock.ts';
import type { ContextSource } from '../ports/context-source.ts';
import { type CommitAnswer, type Journal, journalSignalKey } from '../ports/journal.ts';
import type { OutputRecord } from '../ports/records.ts';
import type { RulesSource } from '../ports/rules-source.ts';
import { isDeferralDue } from '../../domain/decision/release.ts';
import type { ActorMemory, Standing } from './actor-memory.ts';
import { contextOfSignal, contextsOf } from './batch-context.ts';
import { type DecideActorDeps, type PlannedActor, planActor } from './decide-actor.ts';
import { type DecidedActor, type DecidedSignal, type SealDeps, sealActors } from './seal-actors.ts';

export interface DecideBatchDeps extends Omit<DecideActorDeps, 'contextOf'>, SealDeps {
  readonly journal: Journal;
  readonly context: ContextSource;
  readonly rules: RulesSource;
  readonly clock: Clock;
  /** Lets everything else of the process run. Default: a turn of the event loop; simulation has a loop of its own. */
  readonly giveWay?: () => Promise<void>;
}

export interface BatchPlace {
  readonly shard: number;
  /** Null for a synchronous decision (design 3.3). */
  readonly epoch: bigint | null;
  /** How far the caller has published, asked for with each commit. Absent: it publishes nothing. */
  readonly publishedUpto?: () => bigint;
  /** Called before each commit; throwing here leaves nothing written. */
  readonly beforeCommit?: () => void;
}

export interface BatchResult {
  /** What was decided and committed, in no particular order across actors. */
  readonly decided: readonly DecidedSignal[];
  readonly duplicates: readonly MmmSignalInput[];
  readonly failed: readonly { readonly signal: MmmSignalInput; readonly error: unknown }[];
  /** The outbox rows this batch wrote and their numbers, when they form one run; else they are read back from the journal. */
  readonly written: readonly { readonly first: bigint; readonly records: readonly OutputRecord[] }[];
  /** The shard's highest number known after this batch; null when nothing was committed. */
  readonly lastNumber: bigint | null;
  /**
   * Work of planning: what bounds the size of the next micro-batch. Without waiting, for stores, signatures or other sessions: counted in, it made
   * batches small when the process was busy, and small batches cost more (a quarter of the throughput).
   */
  readonly planMs: number;
}

/**
 * Planning makes room for everything else of the process after so long: a large batch in one go held up heartbeats and the other partitions, and the
 * state cache timed out.
 */
const STRETCH_MS = 10;

/**
 * The commit refuses what the journal holds, so where copies are rare a look before it is a round trip for nothing. But the journal keeps a row for 31
 * days, and what happened longer ago than this may be known by its decision alone. Far below: an event may be ahead of our clock by minutes.
 */
const LOOK_FIRST_AFTER_MS = 7 * 24 * 3_600_000;

const mayHaveLeftTheJournal =
  (nowMs: number) =>
  (signal: MmmSignalInput): boolean =>
    !(nowMs - Date.parse(signal.occurred_at) < LOOK_FIRST_AFTER_MS);

/** Two writers on one actor (session and HTTP) settle in a round or two; a conflict that stays is a fault, and the session starts anew. */
const MAX_ROUNDS = 20;

/**
 * Steps 2 to 5 of design 3.2 for one micro-batch: states in, plan, commit, and the actors in conflict once more from the journal, their duplicates out.
 * Returns only when everything of the batch is in the journal, so that its offset may move. Throws what the journal throws.
 */
export const decideBatch = async (
  deps: DecideBatchDeps,
  memory: ActorMemory,
  place: BatchPlace,
  signals: readonly MmmSignalInput[],
): Promise<BatchResult> => {
  const decided: DecidedSignal[] = [];
  const duplicates: MmmSignalInput[] = [];
  const failed: { signal: MmmSignalInput; error: unknown }[] = [];
  const written: { first: bigint; records: readonly OutputRecord[] }[] = [];
  let lastNumber: bigint | null = null;
  let planMs = 0;

  let pending = withoutRepeats(signals, duplicates);
  for (let round = 0; pending.length > 0; round++) {
    if (round >= MAX_ROUNDS) throw new MmmError('IN_DOUBT', 'actors stayed in conflict');
    const actors = actorsOf(pending);
    const lookForAll = round > 0 || memory.copiesAreLikely;
    const toLookUp = lookForAll ? pending : pending.filter(mayHaveLeftTheJournal(deps.clock.now()));
    const [known, standings, rules, contexts] = await Promise.all([
      deps.journal.knownSignals(toLookUp.map((s) => ({ tenantId: s.tenant_id, signalId: s.signal_id }))),
      memory.standings(actors, round === 0 ? 'nearest' : 'fresh'),
      rulesOf(deps.rules, pending),
      contextsOf(deps.context, pending),
    ]);
    const fresh = pending.filter((signal) => {
      if (!known.has(journalSignalKey(signal.tenant_id, signal.signal_id))) return true;
      duplicates.push(signal);
      return false;
    });
    if (fresh.length === 0) break;

    const originals = await originalsOf(deps.journal, standings, fresh);
    const decidedAt = { ms: deps.clock.now(), monotonicMs: Math.trunc(deps.clock.monotonicMs()) };
    const actorDeps = { ...deps, contextOf: contextOfSignal(contexts, rules, decidedAt.ms) };
    let stretchFromMs = deps.clock.monotonicMs();
    const planned: PlannedActor[] = [];
    // Planning waits for nothing, so lanes side by side would only be lanes taken in turns, at the price of a task and two promises for each.
    for (const { key, items: lane } of lanesOf(fresh, keyTextOf)) {
      const standing = standings.get(key);
      if (standing === undefined) throw new MmmError('IN_DOUBT', 'no state came back for an actor of the batch');
      if (deps.clock.monotonicMs() - stretchFromMs > STRETCH_MS) {
        await (deps.giveWay ?? turnOfTheEventLoop)();
        stretchFromMs = deps.clock.monotonicMs();
      }
      const started = deps.clock.monotonicMs();
      const tenantRules = rules.get(standing.key.tenantId) ?? null;
      planned.push(planActor(actorDeps, standing, lane, tenantRules, decidedAt, originals));
      planMs += deps.clock.monotonicMs() - started;
    }
    const made = await sealActors(deps, planned);
    for (const actor of made) failed.push(...actor.failed);

    const toCommit = made.filter((actor) => actor.commit.entries.length > 0);
    if (toCommit.length === 0) break;
    place.beforeCommit?.();
    const answer = await deps.journal.commit({
      shard: place.shard,
      epoch: place.epoch,
      actors: toCommit.map((actor) => actor.commit),
      ...(place.publishedUpto === undefined ? {} : { publishedUpto: place.publishedUpto() }),
    });
    const settled = settle(toCommit, answer);
    if (answer.firstNumber !== null) {
      written.push({ first: answer.firstNumber, records: settled.won.flatMap((actor) => actor.commit.outbox) });
    }
    lastNumber = answer.lastNumber;
    memory.advance(settled.won.map((actor) => actor.next));
    memory.forget(settled.lost.map((actor) => actor.commit.key));
    for (const actor of settled.won) decided.push(...actor.signals);
    pending = settled.lost.flatMap((actor) => actor.signals.map((one) => one.signal));
  }
  memory.copiesAreLikely = duplicates.length > 0;
  return { decided, duplicates, failed, written, lastNumber, planMs };
};

const NO_ORIGINALS: ReadonlyMap<string, MmmSignalInput> = new Map();

/**
 * The signals that waiting candidates came from, for actors with a re-entry only. After the states, not beside them: a state can then not name a
 * candidate that was not there yet when its signal was looked for.
 */
const originalsOf = async (
  journal: Journal,
  standings: ReadonlyMap<string, Standing>,
  signals: readonly MmmSignalInput[],
): Promise<ReadonlyMap<string, MmmSignalInput>> => {
  const keys = new Set(signals.filter(isDeferralDue).map(keyTextOf));
  const wanted = [...keys].flatMap((key) => {
    const standing = standings.get(key);
    return (standing?.state.waiting ?? []).map(({ actionId }) => ({ tenantId: standing!.key.tenantId, actionId }));
  });
  return wanted.length === 0 ? NO_ORIGINALS : await journal.deferredSignals(wanted);
};

/** The answers must equal the actors in number (design 3.2 step 4): anything else means we do not know what was written. */
const settle = (
  actors: readonly DecidedActor[],
  answer: CommitAnswer,
): { won: readonly DecidedActor[]; lost: readonly DecidedActor[] } => {
  if (answer.actors.length !== actors.length)
    throw new MmmError('IN_DOUBT', 'the journal answered for another number of actors');
  const won: DecidedActor[] = [];
  const lost: DecidedActor[] = [];
  actors.forEach((actor, index) => {
    const one = answer.actors[index]!;
    if (one.status === 'conflict') lost.push(actor);
    else if (one.version === actor.next.version) won.push(actor);
    else throw new MmmError('IN_DOUBT', 'the journal gave another version than was planned for');
  });
  return { won, lost };
};

const keyOf = (signal: MmmSignalInput): ActorKey => ({ tenantId: signal.tenant_id, actorId: signal.actor_id ?? '' });
const keyTextOf = (signal: MmmSignalInput): string => actorKeyText(keyOf(signal));

const actorsOf = (signals: readonly MmmSignalInput[]): ActorKey[] => [
  ...new Map(signals.map((signal) => [keyTextOf(signal), keyOf(signal)])).values(),
];

/** A second occurrence of a signal within the batch is a duplicate of the first: the journal could not tell them apart. */
const withoutRepeats = (signals: readonly MmmSignalInput[], duplicates: MmmSignalInput[]): MmmSignalInput[] => {
  const seen = new Set<string>();
  return signals.filter((signal) => {
    const key = journalSignalKey(signal.tenant_id, signal.signal_id);
    if (seen.has(key)) {
      duplicates.push(signal);
      return false;
    }
    seen.add(key);
    return true;
  });
};

/** One version of a tenant's rules for the whole round, so that signals of one batch are not judged by two. */
const rulesOf = async (
  source: RulesSource,
  signals: readonly MmmSignalInput[],
): Promise<ReadonlyMap<string, TenantRules | null>> => {
  const tenants = [...new Set(signals.map((signal) => signal.tenant_id))];
  const rules = new Map<string, TenantRules | null>();
  await Promise.all(
    tenants.map(async (tenant) => {
      const current = source.current(tenant);
      rules.set(tenant, current === undefined ? await source.load(tenant) : current);
    }),
  );
  return rules;
};
