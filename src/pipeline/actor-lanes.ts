import PQueue from 'p-queue';

/**
 * Serial per key, parallel across keys, bounded (style 5). An actor's signals must be planned one after the other, because each reads what the
 * one before it sent; different actors share nothing. Results come back in the order of the items.
 *
 * Rejects with the first failure after all running lanes have settled: nothing of the batch still runs when the caller sees the error.
 */
export const runInLanes = async <Item, Result>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  concurrency: number,
  work: (lane: readonly Item[], key: string) => Promise<readonly Result[]>,
): Promise<Result[]> => {
  const lanes = new Map<string, number[]>();
  items.forEach((item, index) => {
    const key = keyOf(item);
    const lane = lanes.get(key);
    if (lane === undefined) lanes.set(key, [index]);
    else lane.push(index);
  });

  const queue = new PQueue({ concurrency });
  const results = new Array<Result>(items.length);
  const outcomes = await Promise.allSettled(
    [...lanes].map(([key, indexes]) =>
      queue.add(async () => {
        const laneResults = await work(
          indexes.map((index) => items[index]!),
          key,
        );
        indexes.forEach((index, at) => {
          results[index] = laneResults[at]!;
        });
      }),
    ),
  );
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  return results;
};
