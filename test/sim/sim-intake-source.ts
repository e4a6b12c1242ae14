import type { IntakeHandler, IntakeSource, RawRecord, SourceHealth } from '../../src/pipeline/ports/intake.ts';
import type { TopicName } from '../../src/generated/topics.ts';
import type { Group, Member } from './group.ts';
import { logAway, REQUEST_TIMEOUT_MS } from './log-parts.ts';
import type { Server, Wire } from './wire.ts';
import type { SimProcess, World } from './world.ts';

const IDLE_MS = 300;
const RETRY_MS = 150;
const MAX_BATCH = 6;

/** A topic that others write to, and how far the group that reads it has come in each lane. */
export class RawTopic {
  readonly channel: TopicName;
  readonly lanes: RawRecord[][];
  readonly settled: number[];
  readonly #world: World;

  constructor(world: World, channel: TopicName, lanes: number) {
    this.#world = world;
    this.channel = channel;
    this.lanes = Array.from({ length: lanes }, () => []);
    this.settled = this.lanes.map(() => 0);
  }

  put(lane: number, key: string, value: Uint8Array | null): void {
    const held = this.lanes[lane]!;
    held.push({
      channel: this.channel,
      lane,
      position: BigInt(held.length),
      timestampMs: Math.trunc(this.#world.nowMs),
      key: Buffer.from(key),
      value,
      headers: {},
    });
  }
}

export interface SimIntakeParts {
  readonly wire: Wire;
  readonly server: Server;
  readonly process: SimProcess;
  readonly group: Group;
  readonly topic: RawTopic;
  readonly bulk: boolean;
}

/** At least once: a position is committed behind a settled batch, by the member that owns the lane, and read again after any doubt. */
export class SimIntakeSource implements IntakeSource {
  readonly #parts: SimIntakeParts;
  #member: Member | null = null;
  #stopping = false;
  readonly #running = new Set<Promise<void>>();

  constructor(parts: SimIntakeParts) {
    this.#parts = parts;
  }

  start(handler: IntakeHandler): Promise<void> {
    let known = 0;
    const member: Member = {
      process: this.#parts.process,
      assigned: (lanes, generation) => {
        if (generation <= known) return;
        known = generation;
        for (const lane of lanes) {
          const work = this.#work(member, lane, generation, () => known === generation && !this.#stopping, handler);
          this.#running.add(work);
          void work.then(() => this.#running.delete(work));
        }
      },
    };
    this.#member = member;
    this.#parts.group.join(member);
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#running);
    await this.#parts.wire.pause(this.#parts.process, `leaves the group of ${this.#parts.topic.channel}`, 5);
    if (this.#member !== null) this.#parts.group.leave(this.#member);
  }

  health(): SourceHealth {
    return { joined: this.#member !== null, detail: 'simulated' };
  }

  async #work(
    member: Member,
    lane: number,
    generation: number,
    mayGoOn: () => boolean,
    handler: IntakeHandler,
  ): Promise<void> {
    const { wire, process, group, topic, bulk } = this.#parts;
    let position: number | null = null;
    while (mayGoOn()) {
      try {
        position ??= await this.#request(`intake position of ${lane}`, () => topic.settled[lane]!);
        const size = bulk ? 80 : 1 + wire.world.random.below(MAX_BATCH);
        const batch = topic.lanes[lane]!.slice(position, position + size);
        if (batch.length === 0) {
          await wire.pause(process, `intake waited at ${lane}`, IDLE_MS);
          continue;
        }
        await handler(batch);
        const next: number = position + batch.length;
        const accepted = await this.#request(`intake commits ${lane} at ${next}`, () => {
          if (!group.owns(member, lane, generation)) return false;
          // The requests of a member go over one connection: none of them overtakes another.
          topic.settled[lane] = Math.max(topic.settled[lane]!, next);
          return true;
        });
        if (!accepted) return;
        position = next;
      } catch {
        // The next round reads the position again and delivers from there.
        position = null;
        await wire.pause(process, `intake pauses at ${lane}`, RETRY_MS);
      }
    }
  }

  #request<T>(what: string, effect: () => T): Promise<T> {
    const { wire, server, process } = this.#parts;
    return wire.call({ process, server, what, timeoutMs: REQUEST_TIMEOUT_MS, effect, unanswered: logAway });
  }
}
