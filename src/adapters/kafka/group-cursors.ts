import type { Admin } from 'kafkajs';
import type { TopicName } from '../../generated/topics.ts';
import { logUnavailable } from './client-errors.ts';
import type { KafkaNames } from './names.ts';
import { DECIDE_GROUP } from './names.ts';

const CURSOR_TOPIC: TopicName = 'mmm.outbox';

/** The outbox cursors: what the decide group has committed on mmm.outbox. Shards without one are not in the map. Throws LOG_UNAVAILABLE, TOPIC_MISSING. */
export async function committedCursors(admin: Admin, names: KafkaNames): Promise<ReadonlyMap<number, bigint>> {
  const topic = names.topic(CURSOR_TOPIC);
  try {
    const [found] = await admin.fetchOffsets({ groupId: names.group(DECIDE_GROUP), topics: [topic] });
    const pairs = (found?.partitions ?? []).map(({ partition, offset }): [number, bigint] => [
      partition,
      BigInt(offset),
    ]);
    return new Map(pairs.filter(([, offset]) => offset >= 0n));
  } catch (error) {
    throw logUnavailable(error);
  }
}

/** True while a process is a member of the decide group: a session may run. Throws LOG_UNAVAILABLE. */
export async function decideGroupHasMembers(admin: Admin, names: KafkaNames): Promise<boolean> {
  try {
    const { groups } = await admin.describeGroups([names.group(DECIDE_GROUP)]);
    return groups.some(({ members }) => members.length > 0);
  } catch (error) {
    throw logUnavailable(error);
  }
}
