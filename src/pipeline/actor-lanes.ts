import PQueue from 'p-queue';

export interface ActorLane<Item> {
  readonly key: string;
  readonly items: readonly Item[];
}

/** Items by key, keys in order of their first item, each lane in the order of its items. For work that waits for nothing, this is all there is to do. */
export const lanesOf = <Item>(items: readonly Item[], keyOf: (item: Item) => string): ActorLane<Item>[] => {
  const lanes = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const lane = lanes.get(key);
    if (lane === undefined) lanes.set(key, [item]);
    else lane.push(item);
  }
  return [...lanes].map(([key, items]) => ({ key, items }));
};

/**
 * Serial per key, parallel across keys, bounded (style 5). An actor's signals must be planned one after the other, because each reads what the
 * one before it sent; different actors share nothing.
 *
 * Rejects with the first failure after all running lanes have settled: nothing of the batch still runs when the caller sees the error.
 */
export const runInLanes = async <Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  concurrency: number,
  work: (lane: ActorLane<Item>) => Promise<void>,
): Promise<void> => {
  const queue = new PQueue({ concurrency });
  const outcomes = await Promise.allSettled(lanesOf(items, keyOf).map((lane) => queue.add(() => work(lane))));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
};
