import type { ActorKey } from '../../src/domain/ids.ts';
import { MmmError } from '../../src/errors.ts';
import type { MmmSignalInput } from '../../src/generated/records.ts';
import type { EndingQueue, EndingsInHand } from '../../src/pipeline/ports/endings.ts';
import type { DeferralKey, DeferralQueue, DueDeferral } from '../../src/pipeline/ports/deferrals.ts';
import type {
  ActorAnswer,
  CommitAnswer,
  CommitRequest,
  FoldedActor,
  Journal,
  OutboxRow,
  OutcomeCommit,
  OutcomePlace,
  OutcomeStanding,
  ShardStatus,
  SignalKey,
  StoredDecision,
} from '../../src/pipeline/ports/journal.ts';
import type { Postgres } from './postgres.ts';
import type { Server, Wire } from './wire.ts';
import type { SimProcess } from './world.ts';

/** As the pool has it: an answer that takes longer is as good as lost. */
const QUERY_TIMEOUT_MS = 5_000;
const LOST_NOTIFICATIONS = 0.2;

/** One process's journal: the same statements as the adapter sends, each one call. */
export class SimJournal implements Journal, DeferralQueue, EndingQueue {
  readonly #wire: Wire;
  readonly #server: Server;
  readonly #process: SimProcess;
  readonly #postgres: Postgres;

  constructor(wire: Wire, server: Server, process: SimProcess, postgres: Postgres) {
    this.#wire = wire;
    this.#server = server;
    this.#process = process;
    this.#postgres = postgres;
  }

  openShard(shard: number): Promise<ShardStatus> {
    return this.#query(`open shard ${shard}`, () => this.#postgres.openShard(shard));
  }

  fold(actors: readonly ActorKey[]): Promise<readonly FoldedActor[]> {
    return this.#query(`fold ${actors.map((key) => key.actorId).join(',')}`, () => this.#postgres.raw.fold(actors));
  }

  knownSignals(signals: readonly SignalKey[]): Promise<ReadonlySet<string>> {
    return this.#query(`known of ${signals.length} signals`, () => this.#postgres.raw.knownSignals(signals));
  }

  commit(request: CommitRequest): Promise<CommitAnswer> {
    const { shard, epoch, actors } = request;
    const who = actors.map(({ key, version, entries }) => `${key.actorId}@${version}+${entries.length}`).join(',');
    return this.#query(`commit shard ${shard} epoch ${String(epoch)} ${who}`, () => this.#postgres.commit(request));
  }

  outbox(shard: number, after: bigint, maxRows: number): Promise<readonly OutboxRow[]> {
    return this.#query(`outbox ${shard} after ${after}`, () => this.#postgres.outbox(shard, after, maxRows));
  }

  accepted(shard: number, epoch: bigint, cursor: bigint): Promise<void> {
    return this.#query(`accepted ${shard} at ${cursor}`, () => this.#postgres.accepted(shard, epoch, cursor));
  }

  published(shard: number, epoch: bigint, upto: bigint): Promise<void> {
    return this.#query(`published ${shard} up to ${upto}`, () => this.#postgres.published(shard, epoch, upto));
  }

  /** Best effort: some notifications never come. */
  onOutbox(listener: (shard: number) => void): () => void {
    const { world } = this.#wire;
    return this.#postgres.listen((shard) => {
      if (world.random.chance(LOST_NOTIFICATIONS)) return;
      world.after(world.random.between(0.5, 20), this.#process, `notified of shard ${shard}`, () => listener(shard));
    });
  }

  decisionOfSignal(tenantId: string, signalId: string): Promise<StoredDecision | null> {
    return this.#query('decision of a signal', () => this.#postgres.raw.decisionOfSignal(tenantId, signalId));
  }

  deferredSignals(deferrals: readonly DeferralKey[]): Promise<ReadonlyMap<string, MmmSignalInput>> {
    return this.#query(`signals of ${deferrals.length} deferrals`, () => this.#postgres.raw.deferredSignals(deferrals));
  }

  /** As the DEFER stage sees the same database. */
  claim(nowMs: number, limit: number): Promise<readonly DueDeferral[]> {
    return this.#query('claim deferrals', () => this.#postgres.raw.deferrals.claim(nowMs, limit));
  }

  take(nowMs: number, limit: number): Promise<EndingsInHand> {
    return this.#query('take endings', () => this.#postgres.raw.endings.take(nowMs, limit));
  }

  outcomeStanding(place: OutcomePlace): Promise<OutcomeStanding> {
    return this.#query('standing of an outcome', () => this.#postgres.raw.outcomeStanding(place));
  }

  commitOutcome(commit: OutcomeCommit): Promise<ActorAnswer> {
    return this.#query(`commit outcome of ${commit.key.actorId}`, () => this.#postgres.commitOutcome(commit));
  }

  #query<T>(what: string, effect: () => T | Promise<T>): Promise<T> {
    return this.#wire.call({
      process: this.#process,
      server: this.#server,
      what,
      timeoutMs: QUERY_TIMEOUT_MS,
      effect,
      unanswered: () => new MmmError('DATABASE_UNAVAILABLE'),
    });
  }
}
