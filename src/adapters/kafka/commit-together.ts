import type { EachBatchPayload } from 'kafkajs';

export interface Position {
  readonly topic: string;
  readonly partition: number;
  /** The next one to be read. */
  readonly offset: string;
}

type Committer = Pick<EachBatchPayload, 'commitOffsetsIfNecessary'>;

/**
 * Offsets of the lanes that end in one turn of the event loop, committed in one request. Lanes whose records shared a send end together, and a request for
 * each was a quarter of all that a broker answered at 200 signals/s. Each caller hears of the request that carried its own.
 */
export class CommitTogether {
  #positions: Position[] = [];
  #sending: Promise<void> | null = null;

  commit(by: Committer, position: Position): Promise<void> {
    this.#positions.push(position);
    this.#sending ??= new Promise((resolve, reject) => {
      // All lanes of a process are of one member: whichever of their batches asks, the request is the same.
      setImmediate(() => {
        const topics = byTopic(this.#positions);
        this.#positions = [];
        this.#sending = null;
        by.commitOffsetsIfNecessary({ topics }).then(resolve, reject);
      });
    });
    return this.#sending;
  }
}

const byTopic = (
  positions: readonly Position[],
): { topic: string; partitions: { partition: number; offset: string }[] }[] => {
  const topics = new Map<string, { partition: number; offset: string }[]>();
  for (const { topic, partition, offset } of positions) {
    const partitions = topics.get(topic);
    if (partitions === undefined) topics.set(topic, [{ partition, offset }]);
    else partitions.push({ partition, offset });
  }
  return [...topics].map(([topic, partitions]) => ({ topic, partitions }));
};
