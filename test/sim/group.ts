import type { SimProcess, World } from './world.ts';

export const SESSION_TIMEOUT_MS = 10_000;

export interface Member {
  readonly process: SimProcess;
  /** Told of every generation, some time after it began: until then, and while stalled, the member goes on with what it had. */
  readonly assigned: (partitions: readonly number[], generation: number) => void;
}

/** The group coordinator: who owns what. It never asks whether an owner still works. */
export class Group {
  readonly name: string;
  readonly #world: World;
  readonly #partitions: number;
  #members: Member[] = [];
  readonly #known = new Set<Member>();
  #generation = 0;
  #owners = new Map<number, Member>();
  #rebalancing = false;

  constructor(world: World, name: string, partitions: number) {
    this.#world = world;
    this.name = name;
    this.#partitions = partitions;
  }

  join(member: Member): void {
    if (this.#members.includes(member)) return;
    this.#members.push(member);
    if (!this.#known.has(member)) member.process.onTrouble.add(() => this.#afterTrouble(member));
    this.#known.add(member);
    this.#rebalance();
  }

  leave(member: Member): void {
    if (!this.#members.includes(member)) return;
    this.#members = this.#members.filter((one) => one !== member);
    this.#rebalance();
  }

  /** The coordinator takes a member for dead; it hears of it with a later heartbeat, and joins anew. */
  expel(member: Member): void {
    if (!this.#members.includes(member)) return;
    this.#world.note(null, `${member.process.name} is taken for dead in ${this.name}`);
    this.leave(member);
    const heartbeatMs = this.#world.random.between(100, 6_000);
    this.#world.after(heartbeatMs, member.process, `joins ${this.name} again`, () => this.join(member));
  }

  members(): readonly Member[] {
    return this.#members;
  }

  owns(member: Member, partition: number, generation: number): boolean {
    return generation === this.#generation && this.#owners.get(partition) === member;
  }

  #afterTrouble(member: Member): void {
    const { process } = member;
    const stalledMs = process.stalledUntilMs - this.#world.nowMs;
    if (process.alive && stalledMs <= SESSION_TIMEOUT_MS) return;
    this.#world.after(SESSION_TIMEOUT_MS, null, `session of ${process.name} in ${this.name} runs out`, () => {
      if (!process.alive) this.leave(member);
      else if (process.stalledUntilMs > this.#world.nowMs) this.expel(member);
    });
  }

  #rebalance(): void {
    if (this.#rebalancing) return;
    this.#rebalancing = true;
    this.#world.after(this.#world.random.between(20, 400), null, `${this.name} rebalances`, () => {
      this.#rebalancing = false;
      this.#generation += 1;
      const first = this.#world.random.below(Math.max(1, this.#members.length));
      this.#owners = new Map();
      const shares = new Map<Member, number[]>(this.#members.map((member) => [member, []]));
      for (let partition = 0; partition < this.#partitions && this.#members.length > 0; partition++) {
        const owner = this.#members[(first + partition) % this.#members.length]!;
        this.#owners.set(partition, owner);
        shares.get(owner)!.push(partition);
      }
      const generation = this.#generation;
      for (const [member, share] of shares) {
        this.#world.after(
          this.#world.random.between(1, 300),
          member.process,
          `owns ${this.name} ${share.join(',')}`,
          () => {
            if (this.#members.includes(member)) member.assigned(share, generation);
          },
        );
      }
    });
  }
}
