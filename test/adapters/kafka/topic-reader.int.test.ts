import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { MEMBER } from '../../../src/adapters/kafka/member-settings.ts';
import { readTopic } from '../../../src/adapters/kafka/topic-reader.ts';
import type { ReadOptions } from '../../../src/admin/ports/topic-reader.ts';
import type { RawRecord } from '../../../src/pipeline/ports/intake.ts';
import { TestCluster } from './cluster.ts';
import { keyIn, record } from './records.ts';

const PARTITIONS = 2;
const RECORDS = 6;
/** A fetch takes 1 MB of a partition at most: some batches each, so that there is something left to miss while the first is held. */
const VALUE_BYTES = 400_000;
/** Nothing shortens this: that so much time passes is what is tested. The session expires before, and the reader's patience with a silent topic. */
const SLOW_MS = MEMBER.sessionTimeout + 2_000;

const cluster = new TestCluster();
const options: ReadOptions = { from: 'earliest', follow: false, signal: new AbortController().signal };
const deps = () => ({ kafka: cluster.clients.patient, admin: cluster.admin.admin, names: cluster.names });

beforeAll(async () => {
  await cluster.start(PARTITIONS);
  for (let n = 0; n < RECORDS; n += 1) {
    await cluster.writer.append(
      Array.from({ length: PARTITIONS }, (_, lane) =>
        record('mmm.signals', keyIn(lane, PARTITIONS), `${n}`.padEnd(VALUE_BYTES, '.')),
      ),
    );
  }
});
afterAll(async () => cluster.close());

let seen: string[][];
beforeEach(() => {
  seen = Array.from({ length: PARTITIONS }, () => []);
});
const note = ({ lane, value }: RawRecord): number => seen[lane]!.push(Buffer.from(value!).toString().split('.')[0]!);
const each = Array.from({ length: PARTITIONS }, () => Array.from({ length: RECORDS }, (_, n) => `${n}`));

const membersOfReaders = async (): Promise<number> => {
  const { groups } = await cluster.admin.admin.listGroups();
  const ids = groups.map(({ groupId }) => groupId).filter((id) => id.startsWith(cluster.names.group('mmm-consume-')));
  expect(ids).toHaveLength(1);
  const described = await cluster.admin.admin.describeGroups(ids);
  return described.groups[0]!.members.length;
};

test('who takes a record slowly gets every record once, in order, and stays a member all the while', async () => {
  let members: number | null = null;
  await readTopic(deps(), 'mmm.signals', options, async (one) => {
    note(one);
    if (members !== null) return;
    await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
    members = await membersOfReaders();
  });
  expect(seen).toEqual(each);
  expect(members).toBe(1);
});

test('who holds the whole process up loses the session over it, and still gets every record once', async () => {
  let isHeld = false;
  await readTopic(deps(), 'mmm.signals', options, (one) => {
    note(one);
    if (isHeld) return;
    isHeld = true;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, SLOW_MS);
  });
  expect(seen).toEqual(each);
});
