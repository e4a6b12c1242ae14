import type { Admin } from 'kafkajs';

/** Calls of the client that load what it knows of topics, or look into it after a wait. */
const TURNS = [
  'fetchTopicMetadata',
  'fetchTopicOffsets',
  'fetchTopicOffsetsByTimestamp',
  'fetchOffsets',
  'setOffsets',
  'resetOffsets',
  'deleteTopicRecords',
  'createTopics',
  'createPartitions',
  'deleteTopics',
  'describeCluster',
] as const satisfies readonly (keyof Admin)[];

type AnyCall = (...args: unknown[]) => Promise<unknown>;

/**
 * The same client, one such call at a time. Two at once break each other: asking for the partitions of a topic that is not known yet replaces all that
 * the client knows with that one topic, and a `fetchTopicOffsets` of another topic that is between its two questions then finds no partitions: a
 * TypeError, or from `fetchOffsets` an empty answer that reads as PARTITIONS_CHANGED. They are rare calls of a few milliseconds, so that a client of its
 * own for each caller (two connections more, the same hole inside each) was not worth it.
 */
export function inTurns(admin: Admin): Admin {
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = (call: AnyCall): AnyCall => {
    return (...args) => {
      const mine = last.then(async () => call(...args));
      // The next one starts whatever became of this one; whoever asked hears of its failure.
      last = mine.catch(() => undefined);
      return mine;
    };
  };
  const calls = admin as unknown as Readonly<Record<(typeof TURNS)[number], AnyCall>>;
  const turned = TURNS.map((name) => [name, inTurn((...args) => calls[name](...args))]);
  return { ...admin, ...(Object.fromEntries(turned) as Partial<Admin>) };
}
