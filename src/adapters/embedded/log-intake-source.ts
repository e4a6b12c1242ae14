import { LaneHeld } from '../../pipeline/ports/intake.ts';
import type { IntakeHandler, IntakeSource, RawRecord, SourceHealth } from '../../pipeline/ports/intake.ts';
import type { Logger } from '../../pipeline/ports/logger.ts';
import { readRecords } from './read-records.ts';
import type { SqlDatabase } from './sql-database.ts';
import { logSql } from './sql-file.ts';
import { WakeUp } from './wake-up.ts';

/** Notifications only shorten the wait. */
const POLL_MS = 500;
const RETRY_MS = 500;
const BATCH_RECORDS = 500;
export const INTAKE_GROUP = 'mmm-intake';
export const OUTCOMES_GROUP = 'mmm-outcomes';

interface Lane {
  readonly topic: string;
  readonly partition: number;
  readonly next: bigint;
}

export interface LogIntakeDeps {
  readonly database: SqlDatabase;
  readonly topics: readonly string[];
  readonly logger: Logger;
  /** Default `mmm-intake`. */
  readonly group?: string;
}

/**
 * States: idle -> running (start) -> stopping (stop: no new batch, running ones are finished and acknowledged) -> stopped.
 * One loop finds lanes with unread records; each such lane is worked off by itself, so a slow one delays no other.
 */
export class LogIntakeSource implements IntakeSource {
  readonly #deps: LogIntakeDeps;
  readonly #group: string;
  readonly #working = new Map<string, Promise<void>>();
  readonly #wake = new WakeUp();
  readonly #stopped = Promise.withResolvers<void>();
  #state: 'idle' | 'running' | 'stopping' | 'stopped' = 'idle';
  #loop: Promise<void> = Promise.resolve();
  #stopListening: () => void = () => undefined;
  #failure: string | null = null;

  constructor(deps: LogIntakeDeps) {
    this.#deps = deps;
    this.#group = deps.group ?? INTAKE_GROUP;
  }

  start(handler: IntakeHandler): Promise<void> {
    this.#state = 'running';
    this.#stopListening = this.#deps.database.listen('mmm_log', (topic) => {
      if (topic === null || this.#deps.topics.includes(topic)) this.#wake.wake();
    });
    this.#loop = this.#run(handler);
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#state = 'stopping';
    this.#stopped.resolve();
    this.#stopListening();
    this.#wake.wake();
    await this.#loop;
    await Promise.all(this.#working.values());
    this.#state = 'stopped';
  }

  health(): SourceHealth {
    return {
      joined: this.#state === 'running' && this.#failure === null,
      detail: this.#failure ?? this.#state,
    };
  }

  async #run(handler: IntakeHandler): Promise<void> {
    while (this.#state === 'running') {
      try {
        for (const lane of await this.#pending()) this.#work(lane, handler);
        this.#failure = null;
      } catch (error) {
        this.#failed('intake_poll_failed', error, {});
      }
      await this.#wake.wait(POLL_MS);
    }
  }

  #work(lane: Lane, handler: IntakeHandler): void {
    const name = `${lane.topic}/${lane.partition}`;
    if (this.#working.has(name)) return;
    const work = this.#drain(lane, handler).finally(() => this.#working.delete(name));
    this.#working.set(name, work);
  }

  /** Never rejects: after a failure the lane rests a moment and is then found again by the loop, from the last acknowledged record. */
  async #drain(lane: Lane, handler: IntakeHandler): Promise<void> {
    const { topic, partition } = lane;
    let next = lane.next;
    try {
      while (this.#state === 'running') {
        const records = await readRecords(this.#deps.database, topic, partition, next, BATCH_RECORDS);
        const last = records.at(-1);
        if (last === undefined) return;
        await handler(
          records.map((record): RawRecord => ({
            channel: topic,
            lane: partition,
            position: record.offset,
            timestampMs: record.timestampMs,
            key: record.key,
            value: record.value,
            headers: record.headers,
          })),
        );
        next = last.offset + 1n;
        await this.#deps.database.query(logSql('acknowledge'), [this.#group, topic, partition, next.toString()]);
      }
    } catch (error) {
      // Whoever holds the lane says so, and lets go of it when this stops.
      if (error instanceof LaneHeld) return await Promise.race([error.over, this.#stopped.promise]);
      this.#failed('intake_batch_failed', error, { topic, partition });
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  #failed(event: string, error: unknown, fields: Record<string, unknown>): void {
    this.#failure = error instanceof Error ? error.message : 'unknown';
    this.#deps.logger.warn(event, { ...fields, error });
  }

  async #pending(): Promise<readonly Lane[]> {
    const rows = await this.#deps.database.query<{ topic: string; partition: number; next: string }>(
      logSql('pending-lanes'),
      [this.#group, this.#deps.topics],
    );
    return rows.map(({ topic, partition, next }) => ({ topic, partition, next: BigInt(next) }));
  }
}
