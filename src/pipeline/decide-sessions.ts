import PQueue from 'p-queue';
import { type ErrorCode, MmmError } from '../errors.ts';
import { type Pause, pause as realPause } from './failure-policy.ts';
import type { SourceHealth } from './ports/intake.ts';
import type { Logger } from './ports/logger.ts';
import type { Metrics } from './ports/metrics.ts';
import type { PartitionGroup } from './ports/partitions.ts';
import { type InTurn, PartitionSession, type SessionDeps } from './partition-session.ts';

/** Stops that only a person can mend: the shard stays away until what it compares has changed (design 3.2 "When a store goes back"). */
const NEEDS_OPERATOR: ReadonlySet<ErrorCode> = new Set([
  'OUTBOX_CURSOR_LOST',
  'DATABASE_WENT_BACK',
  'OUTBOX_GAP',
  'TRANSACTION_HANGING',
]);

const OPERATOR_RECHECK_MS = 15_000;
const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 5_000;

/**
 * Batches of the process that are planned or committed at once. One plans, the others wait for PostgreSQL; more would only lie in memory, which must not
 * grow with the partitions that are owned. A commit that hangs holds a place for as long as a statement may take.
 */
const DECIDING_AT_ONCE = 3;

export interface PartitionHealth {
  readonly partition: number;
  readonly state: 'starting' | 'running' | 'waiting' | 'blocked';
  readonly code: string | null;
}

export interface DecideSessionsDeps extends SessionDeps {
  readonly group: PartitionGroup;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Default: a timer. */
  readonly pause?: Pause;
}

/**
 * Runs a session on every partition this process owns, starts a new one after each that ended with an error, and stops them in order.
 * Membership callbacks only change what is wanted; one loop per partition acts on it (style 6), so that callbacks in any order are harmless.
 */
export class DecideSessions {
  readonly #deps: DecideSessionsDeps;
  readonly #wanted = new Set<number>();
  readonly #loops = new Map<number, Promise<void>>();
  readonly #sessions = new Map<number, PartitionSession>();
  readonly #health = new Map<number, PartitionHealth>();
  readonly #wakeups = new Map<number, () => void>();
  readonly #turns = new PQueue({ concurrency: DECIDING_AT_ONCE });
  #stopListening: () => void = () => {};
  #stopping = false;

  constructor(deps: DecideSessionsDeps) {
    this.#deps = deps;
  }

  async start(): Promise<void> {
    this.#stopListening = this.#deps.journal.onOutbox((shard) => {
      if (this.#sessions.has(shard)) this.#deps.group.reader(shard).wake();
    });
    await this.#deps.group.start({
      assigned: (partition) => this.#want(partition),
      revoked: (partition) => this.#unwant(partition),
    });
  }

  /** Sessions first (each publishes what it has decided), then the group, so that no other owner starts on work still under way. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#stopListening();
    for (const partition of [...this.#wanted]) this.#unwant(partition);
    await Promise.all(this.#loops.values());
    await this.#deps.group.stop();
  }

  health(): SourceHealth {
    return this.#deps.group.health();
  }

  partitions(): readonly PartitionHealth[] {
    return [...this.#health.values()].sort((a, b) => a.partition - b.partition);
  }

  #want(partition: number): void {
    if (this.#stopping) return;
    this.#wanted.add(partition);
    if (this.#loops.has(partition)) return;
    const loop = this.#keepRunning(partition).finally(() => {
      this.#loops.delete(partition);
      this.#health.delete(partition);
      if (this.#wanted.has(partition)) this.#want(partition);
    });
    this.#loops.set(partition, loop);
  }

  #unwant(partition: number): void {
    this.#wanted.delete(partition);
    this.#sessions.get(partition)?.stop();
    this.#wakeups.get(partition)?.();
  }

  async #keepRunning(partition: number): Promise<void> {
    let failures = 0;
    while (this.#wanted.has(partition)) {
      const turn: InTurn = (work) => this.#turns.add(work);
      const session = new PartitionSession({ ...this.#deps, turn }, partition, this.#deps.group.reader(partition));
      let ranAtMs: number | null = null;
      this.#sessions.set(partition, session);
      this.#report(partition, 'starting', null);
      try {
        await session.run(() => {
          ranAtMs = this.#deps.clock.monotonicMs();
          this.#report(partition, 'running', null);
        });
      } catch (error) {
        // Counted on for what fails soon after each start too: else it would be started twenty times a second.
        failures = this.#lastedSince(ranAtMs) ? 1 : failures + 1;
        await this.#afterFailure(partition, error, failures, ranAtMs !== null);
      } finally {
        this.#sessions.delete(partition);
      }
    }
  }

  #lastedSince(ranAtMs: number | null): boolean {
    return ranAtMs !== null && this.#deps.clock.monotonicMs() - ranAtMs > MAX_RETRY_MS;
  }

  async #afterFailure(partition: number, error: unknown, failures: number, ran: boolean): Promise<void> {
    const code = error instanceof MmmError ? error.code : 'INTERNAL_ERROR';
    // Not what met a running session: after a failover the journal refuses its commits until a new session has compared, and that one goes on.
    const blocked = !ran && error instanceof MmmError && NEEDS_OPERATOR.has(error.code);
    const details = error instanceof MmmError ? error.details : {};
    this.#deps.logger[blocked ? 'error' : 'warn']('session_ended', { partition, code, failures, ...details, error });
    this.#deps.metrics.count('mmm_session_ends_total', { reason: code });
    this.#report(partition, blocked ? 'blocked' : 'waiting', code);
    const waitMs = blocked ? OPERATOR_RECHECK_MS : Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1));
    await this.#wait(partition, waitMs);
  }

  async #wait(partition: number, ms: number): Promise<void> {
    if (!this.#wanted.has(partition)) return;
    const woken = new AbortController();
    this.#wakeups.set(partition, () => woken.abort());
    try {
      await (this.#deps.pause ?? realPause)(ms, woken.signal);
    } catch (error) {
      if (!woken.signal.aborted) throw error;
    }
    this.#wakeups.delete(partition);
  }

  #report(partition: number, state: PartitionHealth['state'], code: string | null): void {
    this.#health.set(partition, { partition, state, code });
    for (const reason of NEEDS_OPERATOR) {
      const blocked = [...this.#health.values()].filter((one) => one.state === 'blocked' && one.code === reason).length;
      this.#deps.metrics.gauge('mmm_partition_blocked', blocked, { reason });
    }
  }
}
