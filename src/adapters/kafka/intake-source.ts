import { setTimeout as delay } from 'node:timers/promises';
import type { EachBatchPayload, KafkaMessage } from 'kafkajs';
import type { TopicName } from '../../generated/topics.ts';
import { LaneHeld } from '../../pipeline/ports/intake.ts';
import type { IntakeHandler, IntakeSource, RawRecord, SourceHealth } from '../../pipeline/ports/intake.ts';
import { CommitTogether } from './commit-together.ts';
import { GroupMember, type GroupMemberDeps } from './group-member.ts';
import { readHeaders } from './headers.ts';
import { INTAKE_GROUP } from './names.ts';

/** Acknowledged together: a crash brings at most these again, and a heartbeat is never far. */
const MAX_BATCH = 500;
/** Lanes worked on at a time. Each holds one batch; more would only queue at the one writer behind them. */
const CONCURRENT_LANES = 8;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5_000;
const HEARTBEAT_MS = 1_000;

export interface IntakeSourceDeps extends GroupMemberDeps {
  readonly topics: readonly TopicName[];
  /** Default `mmm-intake`. */
  readonly group?: string;
}

/** Raw topics for intake. Offsets are committed only behind settled batches; a batch that fails is delivered again in place. */
export class KafkaIntakeSource implements IntakeSource {
  readonly #deps: IntakeSourceDeps;
  readonly #member: GroupMember;
  readonly #stopping = new AbortController();
  readonly #commits = new CommitTogether();
  #handler: IntakeHandler | null = null;

  constructor(deps: IntakeSourceDeps) {
    this.#deps = deps;
    this.#member = new GroupMember(deps, deps.group ?? INTAKE_GROUP);
  }

  async start(handler: IntakeHandler): Promise<void> {
    this.#handler = handler;
    const topics = this.#deps.topics.map((topic) => this.#deps.names.topic(topic));
    await this.#member.start(topics, {
      partitionsConsumedConcurrently: CONCURRENT_LANES,
      eachBatch: async (payload) => this.#work(payload),
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#member.leave();
  }

  health(): SourceHealth {
    return this.#member.health.now(`${this.#deps.topics.length} topics`);
  }

  async #work(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload;
    const { topic, partition, messages } = batch;
    const channel = this.#deps.names.topicOf(topic) ?? topic;
    for (let from = 0; from < messages.length; from += MAX_BATCH) {
      const part = messages.slice(from, from + MAX_BATCH);
      const records = part.map((message) => rawRecord(channel, partition, message));
      const settled = await this.#settle(records, payload);
      if (!settled) return;
      const isLast = from + MAX_BATCH >= messages.length;
      // Past control records at the end too: else one record of lag would stay for ever.
      const last = isLast ? batch.lastOffset() : (part.at(-1)?.offset ?? batch.lastOffset());
      const offset = (BigInt(last) + 1n).toString();
      await this.#commits.commit(payload, { topic, partition, offset });
      payload.resolveOffset(last);
    }
  }

  /** True once the handler has settled them; false when the member stops or lost its place first. Order is kept by not going on. */
  async #settle(records: readonly RawRecord[], payload: EachBatchPayload): Promise<boolean> {
    const handler = this.#handler;
    if (handler === null) return false;
    const heartbeat = async (): Promise<void> => payload.heartbeat();
    const mayGoOn = (): boolean => payload.isRunning() && !payload.isStale();
    for (let waitMs = FIRST_RETRY_MS; mayGoOn(); waitMs = Math.min(waitMs * 2, LAST_RETRY_MS)) {
      try {
        // A heartbeat that failed meanwhile is no matter now: if this member lost its place, the commit or the next heartbeat says so.
        await alive(handler(records), heartbeat);
        return true;
      } catch (error) {
        if (error instanceof HeartbeatError) throw error.cause;
        if (error instanceof LaneHeld) return this.#rest(payload, error);
        const { channel, lane, position } = records[0] ?? { channel: '', lane: 0, position: 0n };
        this.#deps.logger.warn('kafka.intake_batch_retried', {
          channel,
          lane,
          position: String(position),
          waitMs,
          cause: error,
        });
        await this.#pause(waitMs, heartbeat);
      }
    }
    return false;
  }

  /**
   * Not fetched until it is over. Waiting here instead would stop every lane of the broker: the client fetches again only when all batches of a fetch are
   * done. A rebalance meanwhile keeps the pause or drops it; dropped, the batch is only asked about once more.
   */
  #rest(payload: EachBatchPayload, held: LaneHeld): false {
    const resume = payload.pause();
    void held.over.then(() => {
      if (!this.#stopping.signal.aborted) resume();
    });
    return false;
  }

  async #pause(waitMs: number, heartbeat: () => Promise<void>): Promise<void> {
    const { signal } = this.#stopping;
    const ended = delay(waitMs, undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
    const lost = await alive(ended, heartbeat);
    if (lost !== null) throw lost.cause;
  }
}

class HeartbeatError extends Error {}

/**
 * Waits for `work` and keeps the member alive meanwhile: the client itself sends heartbeats only between batches. A failed heartbeat is
 * how a rebalance is told: answered when the work succeeds, thrown when it fails.
 */
async function alive(work: Promise<void>, heartbeat: () => Promise<void>): Promise<HeartbeatError | null> {
  const failures: HeartbeatError[] = [];
  const timer = setInterval(() => {
    heartbeat().catch((error: unknown) => failures.push(new HeartbeatError('heartbeat failed', { cause: error })));
  }, HEARTBEAT_MS);
  try {
    await work;
    return failures[0] ?? null;
  } catch (error) {
    throw failures[0] ?? error;
  } finally {
    clearInterval(timer);
  }
}

function rawRecord(channel: string, lane: number, message: KafkaMessage): RawRecord {
  return {
    channel,
    lane,
    position: BigInt(message.offset),
    timestampMs: Number(message.timestamp),
    key: message.key,
    value: message.value,
    headers: readHeaders(message.headers),
  };
}
