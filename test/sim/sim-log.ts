import type { RecordWriter, SourceHealth } from '../../src/pipeline/ports/intake.ts';
import type {
  PartitionGroup,
  PartitionListener,
  PartitionReader,
  SessionOutput,
  SessionOutputs,
} from '../../src/pipeline/ports/partitions.ts';
import type { LogRecord, OutputRecord } from '../../src/pipeline/ports/records.ts';
import type { Member } from './group.ts';
import { logAway, REQUEST_TIMEOUT_MS, type SimLogParts } from './log-parts.ts';
import { SimSessionOutput } from './sim-session-output.ts';
import type { Cancel } from './world.ts';

/** One process's log: member of the decide group, readers of its partitions, ways out, and the writer of intake. */
export class SimLog implements PartitionGroup, SessionOutputs, RecordWriter {
  readonly #parts: SimLogParts;
  readonly #readers = new Map<number, SimReader>();
  #member: Member | null = null;

  constructor(parts: SimLogParts) {
    this.#parts = parts;
  }

  start(listener: PartitionListener): Promise<void> {
    let owned: ReadonlySet<number> = new Set();
    let known = 0;
    this.#member = {
      process: this.#parts.process,
      assigned: (partitions, generation) => {
        if (generation <= known) return;
        known = generation;
        const before = owned;
        owned = new Set(partitions);
        for (const partition of before) if (!owned.has(partition)) listener.revoked(partition);
        for (const partition of owned) if (!before.has(partition)) listener.assigned(partition);
      },
    };
    this.#parts.group.join(this.#member);
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    const { wire, process, group } = this.#parts;
    await wire.pause(process, 'leaves the group', 5);
    if (this.#member !== null) group.leave(this.#member);
    this.#member = null;
  }

  health(): SourceHealth {
    return { joined: this.#member !== null, detail: 'simulated' };
  }

  partitionCount(): Promise<number> {
    return Promise.resolve(this.#parts.broker.partitions);
  }

  reader(partition: number): PartitionReader {
    const held = this.#readers.get(partition) ?? new SimReader(this.#parts, partition);
    this.#readers.set(partition, held);
    return held;
  }

  async open(partition: number): Promise<SessionOutput> {
    await this.#parts.wire.pause(this.#parts.process, `opens a way out of ${partition}`, 0.5);
    return new SimSessionOutput(this.#parts, partition);
  }

  /** One request per partition and so not whole: one may arrive and the next be lost. */
  async append(records: readonly OutputRecord[]): Promise<void> {
    const { wire, server, process, broker, fetched } = this.#parts;
    const portion = fetched > 20 ? 50 : 3;
    for (let at = 0; at < records.length; at += portion) {
      const some = records.slice(at, at + portion);
      await wire.call({
        process,
        server,
        what: `append ${some.length} records`,
        timeoutMs: REQUEST_TIMEOUT_MS,
        effect: () => broker.append(some),
        unanswered: logAway,
      });
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Reads one partition forward, as much at a time as chance will have it. */
class SimReader implements PartitionReader {
  readonly #parts: SimLogParts;
  readonly #partition: number;
  #position = 0;
  #woken = false;
  #notify: (() => void) | null = null;

  constructor(parts: SimLogParts, partition: number) {
    this.#parts = parts;
    this.#partition = partition;
  }

  async seek(position: bigint | 'earliest'): Promise<void> {
    const { wire, server, process } = this.#parts;
    if (position === 'earliest') {
      await wire.call({
        process,
        server,
        what: `log start of ${this.#partition}`,
        timeoutMs: REQUEST_TIMEOUT_MS,
        effect: () => undefined,
        unanswered: logAway,
      });
    }
    this.#position = position === 'earliest' ? 0 : Number(position);
    this.#woken = false;
  }

  async take(maxRecords: number, waitMs: number): Promise<readonly LogRecord[]> {
    const { wire, process, fetched } = this.#parts;
    if (this.#held === 0 && !this.#woken) await this.#arrival(waitMs);
    else await wire.pause(process, `takes from ${this.#partition}`, 0.1);
    this.#woken = false;
    const { random } = wire.world;
    const limit = fetched > 20 ? fetched : 1 + random.below(fetched);
    const from = this.#position;
    const taken = this.#parts.broker
      .lane('mmm.signals', this.#partition)
      .slice(from, from + Math.min(maxRecords, limit));
    this.#position += taken.length;
    return taken;
  }

  wake(): void {
    this.#woken = true;
    this.#notify?.();
  }

  get #held(): number {
    return this.#parts.broker.lane('mmm.signals', this.#partition).length - this.#position;
  }

  async #arrival(waitMs: number): Promise<void> {
    const { wire, process, broker } = this.#parts;
    const { world } = wire;
    const arrived = Promise.withResolvers<void>();
    this.#notify = () => arrived.resolve();
    const cancels: Cancel[] = [world.after(waitMs, process, `waited at ${this.#partition}`, arrived.resolve)];
    const unwatch = broker.watch(() => {
      if (this.#held === 0) return;
      cancels.push(world.after(world.random.between(0.2, 5), process, `data in ${this.#partition}`, arrived.resolve));
    });
    await arrived.promise;
    this.#notify = null;
    unwatch();
    for (const cancel of cancels) cancel();
  }
}
