import { MmmError } from '../../src/errors.ts';
import type { CommittedPositions, Publication, SessionOutput } from '../../src/pipeline/ports/partitions.ts';
import type { OutputRecord } from '../../src/pipeline/ports/records.ts';
import type { Positions, ProducerId } from './broker.ts';
import { logAway, REQUEST_TIMEOUT_MS, type SimLogParts } from './log-parts.ts';

/** As the adapter has them. */
const PUBLISH_DEADLINE_MS = 10_000;
const FENCE_DEADLINE_MS = 30_000;
const CONCURRENT_RETRY_MS = 20;

/** One transactional producer, request by request as the adapter sends them: new -> fenced -> dead, and dead is final. */
export class SimSessionOutput implements SessionOutput {
  readonly #parts: SimLogParts;
  readonly #partition: number;
  readonly #id: ProducerId;
  #epoch = -1;
  #state: 'new' | 'fenced' | 'dead' = 'new';

  constructor(parts: SimLogParts, partition: number, id: ProducerId = parts.broker.producerId(partition)) {
    this.#parts = parts;
    this.#partition = partition;
    this.#id = id;
  }

  async fence(): Promise<CommittedPositions> {
    const { broker } = this.#parts;
    this.#expect('new');
    return this.#ending(FENCE_DEADLINE_MS, async () => {
      this.#epoch = await this.#untilReady('init', () => broker.initialise(this.#id));
      // Only now: a transaction of the former owner that was being committed is complete, and its offsets show.
      const positions = await this.#request('positions', () => broker.positions(this.#partition));
      this.#expect('new');
      this.#state = 'fenced';
      return positions;
    });
  }

  /** Without a cursor only in a known-bad variant. */
  async publish({
    records,
    inputNext,
    cursor,
  }: Omit<Publication, 'cursor'> & { cursor: bigint | null }): Promise<void> {
    this.#expect('fenced');
    const progress = { asked: false };
    await this.#ending(
      PUBLISH_DEADLINE_MS,
      () => this.#transact(records, { input: inputNext, cursor }, progress),
      progress,
    );
  }

  discard(): Promise<void> {
    this.#state = 'dead';
    return Promise.resolve();
  }

  /** For a known-bad variant: goes on after an error, which nothing else may do. */
  forgive(): void {
    this.#state = 'fenced';
  }

  async #transact(records: readonly OutputRecord[], offsets: Positions, progress: { asked: boolean }): Promise<void> {
    const { broker, wire } = this.#parts;
    const half = records.length > 1 && wire.world.random.chance(0.3) ? Math.ceil(records.length / 2) : records.length;
    for (const portion of [records.slice(0, half), records.slice(half)]) {
      if (portion.length === 0) continue;
      await this.#untilReady(`produce ${portion.length}`, () => broker.produce(this.#id, this.#epoch, portion) || null);
      this.#expect('fenced');
    }
    const what = `offsets input ${String(offsets.input)} cursor ${String(offsets.cursor)}`;
    await this.#untilReady(what, () => broker.sendOffsets(this.#id, this.#epoch, offsets) || null);
    this.#expect('fenced');
    progress.asked = true;
    await this.#request('end transaction', () => broker.commit(this.#id, this.#epoch));
  }

  /** The broker says "not yet" while the producer's earlier transaction is being completed; the client asks again. */
  async #untilReady<T>(what: string, effect: () => T | null): Promise<T> {
    for (;;) {
      const answer = await this.#request(what, effect);
      if (answer !== null) return answer;
      await this.#parts.wire.pause(this.#parts.process, `asks again: ${what}`, CONCURRENT_RETRY_MS);
      if (this.#state === 'dead') throw logAway();
    }
  }

  #request<T>(what: string, effect: () => T): Promise<T> {
    const { wire, server, process } = this.#parts;
    return wire.call({
      process,
      server,
      what: `${what} of ${this.#partition} (epoch ${this.#epoch})`,
      timeoutMs: REQUEST_TIMEOUT_MS,
      effect,
      unanswered: logAway,
    });
  }

  /** Any error and a passed deadline make this output dead; what it still has under way goes no further. */
  async #ending<T>(deadlineMs: number, work: () => Promise<T>, progress = { asked: false }): Promise<T> {
    const { world } = this.#parts.wire;
    const passed = Promise.withResolvers<never>();
    const cancel = world.after(deadlineMs, this.#parts.process, `deadline of ${this.#partition}`, () =>
      passed.reject(logAway()),
    );
    try {
      return await Promise.race([work(), passed.promise]);
    } catch (error) {
      this.#state = 'dead';
      if (!(error instanceof MmmError) || error.code !== 'LOG_UNAVAILABLE' || !progress.asked) throw error;
      throw new MmmError('IN_DOUBT', undefined, { cause: error });
    } finally {
      cancel();
    }
  }

  #expect(state: 'new' | 'fenced'): void {
    if (this.#state !== state) throw new MmmError('FENCED', `session output is ${this.#state}, not ${state}`);
  }
}
