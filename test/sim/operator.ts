import { type CursorStore, setCursor } from '../../src/admin/commands/set-cursor.ts';
import { judgeShard } from '../../src/admin/queries/judge-shard.ts';
import { MmmError } from '../../src/errors.ts';
import type { Cluster } from './cluster.ts';

/** As `mmm outbox status` tells it: the highest number in the tail of the outputs. */
const lastPublished = ({ broker }: Cluster, shard: number): bigint => {
  let highest = 0n;
  for (const topic of broker.topics()) {
    for (const { headers } of broker.visible(topic)) {
      const [of, number] = String(headers['mmm-outbox'] ?? '').split(':');
      if (of === String(shard) && BigInt(number!) > highest) highest = BigInt(number!);
    }
  }
  return highest;
};

/** The stores as `mmm outbox set-cursor` sees them. */
const storeOf = ({ broker, postgres }: Cluster): CursorStore => ({
  report: (shard) => {
    const nextNumber = BigInt(postgres.rows(shard).length) + 1n;
    const row = { shard, epoch: 0n, nextNumber, publishedUpto: postgres.publishedUpto(shard), timelineMoved: false };
    return Promise.resolve(judgeShard(row, broker.positions(shard).cursor, row));
  },
  mayRun: () => Promise.resolve(true),
  audit: () => Promise.resolve(),
  forgetPublished: () => Promise.resolve(false),
  commit: (shard, cursor) => Promise.resolve(broker.forceCursor(shard, cursor)),
});

/** Who mends what a shard stopped for, with the commands of the product and as its error codes say. */
export class Operator {
  readonly #cluster: Cluster;
  readonly restored: number[] = [];

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** True when the shard can go on. */
  async mend(shard: number, code: 'OUTBOX_CURSOR_LOST' | 'DATABASE_WENT_BACK'): Promise<boolean> {
    const { world, postgres, postgresServer } = this.#cluster;
    const refusal = await this.#setCursor(shard);
    if (code === 'OUTBOX_CURSOR_LOST') {
      if (refusal !== null) this.#cluster.find('I9', `set-cursor of ${shard} was refused with ${refusal}`);
      return refusal === null;
    }
    // A cursor that went down to what is left would let other rows take numbers that are published already.
    if (refusal !== 'DATABASE_WENT_BACK')
      this.#cluster.find('I9', `set-cursor of ${shard} mends lost commits (${refusal ?? 'it was done'})`);
    if (!postgres.goForward()) return false;
    postgresServer.connections += 1;
    this.restored.push(shard);
    world.note(null, 'PostgreSQL is restored to its latest state');
    return true;
  }

  async #setCursor(shard: number): Promise<string | null> {
    this.#cluster.world.note(null, `an operator sets the cursor of ${shard}`);
    try {
      const to = lastPublished(this.#cluster, shard);
      await setCursor(storeOf(this.#cluster), {
        shard,
        to,
        reason: 'simulated',
        who: 'simulated',
        publishAgain: false,
      });
      return null;
    } catch (error) {
      if (error instanceof MmmError) return error.code;
      throw error;
    }
  }
}
