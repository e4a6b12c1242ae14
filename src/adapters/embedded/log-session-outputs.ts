import { MmmError } from '../../errors.ts';
import type { TopicName } from '../../generated/topics.ts';
import type { Clock } from '../../pipeline/ports/clock.ts';
import type { Metrics } from '../../pipeline/ports/metrics.ts';
import type {
  CommittedPositions,
  Publication,
  SessionOutput,
  SessionOutputs,
} from '../../pipeline/ports/partitions.ts';
import { appendArguments } from './append-arguments.ts';
import type { PartitionsOf } from './append-arguments.ts';
import { INPUT_TOPIC } from './log-partitions.ts';
import type { SqlDatabase } from './sql-database.ts';
import { logSql } from './sql-file.ts';

export const DECIDE_GROUP = 'mmm-decide';
const CURSOR_TOPIC: TopicName = 'mmm.outbox';

export interface LogOutputDeps {
  readonly database: SqlDatabase;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly partitionsOf: PartitionsOf;
  /** Whose fence and positions; absent: the decide session's of the partition. A replay has its own. */
  readonly owner?: { readonly fence: string; readonly group: string };
}

/** Opens one output per session. Nothing happens before `fence`. */
export class LogSessionOutputs implements SessionOutputs {
  readonly #deps: LogOutputDeps;

  constructor(deps: LogOutputDeps) {
    this.#deps = deps;
  }

  open(partition: number): Promise<SessionOutput> {
    return Promise.resolve(new LogSessionOutput(this.#deps, partition));
  }
}

/** States: new -> fenced (by `fence`) -> fenced (each `publish`) -> dead (any error, or `discard`). Dead is final. */
class LogSessionOutput implements SessionOutput {
  readonly #deps: LogOutputDeps;
  readonly #database: SqlDatabase;
  readonly #partition: number;
  readonly #name: string;
  readonly #group: string;
  #state: 'new' | 'fenced' | 'dead' = 'new';
  #fence = '';

  constructor(deps: LogOutputDeps, partition: number) {
    this.#deps = deps;
    this.#database = deps.database;
    this.#partition = partition;
    this.#name = deps.owner?.fence ?? `${DECIDE_GROUP}-${partition}`;
    this.#group = deps.owner?.group ?? DECIDE_GROUP;
  }

  async fence(): Promise<CommittedPositions> {
    this.#expect('new');
    try {
      const fences = await this.#database.query<{ fence: string }>(logSql('fence'), [this.#name]);
      // A statement of its own, after the fence: it sees what the earlier owner committed while the fence waited for it.
      const rows = await this.#database.query<{ topic: string; next_offset: string }>(logSql('committed'), [
        this.#group,
        this.#partition,
        [INPUT_TOPIC, CURSOR_TOPIC],
      ]);
      this.#fence = fences[0]?.fence ?? '';
      this.#state = 'fenced';
      const positionOf = (topic: string): bigint | null => {
        const row = rows.find((candidate) => candidate.topic === topic);
        return row === undefined ? null : BigInt(row.next_offset);
      };
      return { input: positionOf(INPUT_TOPIC), cursor: positionOf(CURSOR_TOPIC) };
    } catch (error) {
      throw this.#die(error, 'LOG_UNAVAILABLE');
    }
  }

  async publish(publication: Publication): Promise<void> {
    this.#expect('fenced');
    const { records, inputNext, cursor } = publication;
    const startedAt = this.#deps.clock.monotonicMs();
    try {
      await this.#database.query(logSql('publish'), [
        this.#name,
        this.#fence,
        this.#group,
        INPUT_TOPIC,
        CURSOR_TOPIC,
        this.#partition,
        inputNext === null ? null : inputNext.toString(),
        cursor.toString(),
        ...appendArguments(records, this.#deps.clock.now(), this.#deps.partitionsOf),
      ]);
      this.#measure('committed', startedAt);
    } catch (error) {
      const failure = this.#die(error, 'IN_DOUBT');
      const code = failure instanceof MmmError ? failure.code : null;
      this.#measure(code === 'FENCED' ? 'fenced' : code === 'IN_DOUBT' ? 'in_doubt' : 'error', startedAt);
      throw failure;
    }
  }

  discard(): Promise<void> {
    this.#state = 'dead';
    return Promise.resolve();
  }

  #measure(outcome: string, startedAt: number): void {
    const seconds = (this.#deps.clock.monotonicMs() - startedAt) / 1_000;
    this.#deps.metrics.observe('mmm_tx_seconds', seconds, { outcome });
  }

  #expect(state: 'new' | 'fenced'): void {
    if (this.#state !== state)
      throw new MmmError('INTERNAL_ERROR', `the output of partition ${this.#partition} is ${this.#state}`);
  }

  #die(error: unknown, whenLost: 'LOG_UNAVAILABLE' | 'IN_DOUBT'): unknown {
    this.#state = 'dead';
    if (error instanceof MmmError && error.code === 'DATABASE_UNAVAILABLE')
      return new MmmError(whenLost, undefined, { cause: error });
    return error;
  }
}
