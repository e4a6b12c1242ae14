import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TestCluster } from '../cluster.ts';
import { FaultRig, expectFault } from '../support/fault-rig.ts';

/**
 * Not in the list of ten: asking for the partitions of a topic that an admin client does not know yet makes it forget the others. A call for the offsets
 * of another topic that is under way then finds no partitions, and ends with a TypeError.
 */
const rig = new FaultRig();
beforeAll(async () => rig.start(2));
afterAll(async () => rig.close());

test('offsets of one topic and partitions of a new one, asked for at once', async () => {
  // Another process: its admin client knows no topic yet.
  const other = new TestCluster(rig.proxy.brokers, rig.cluster.names.group(''));
  await other.admin.connect();
  const highs = rig.proxy.keep('ListOffsets', 'late-reply');
  const offsets = other.admin.admin.fetchTopicOffsets(other.names.topic('mmm.signals'));
  await highs.arrived;
  const count = other.counts.of('mmm.decisions');
  // On the same connection, behind the question for the topic if that was asked already.
  await other.admin.admin.describeGroups([other.names.group('none')]);
  await highs.release();
  expect((await offsets).map(({ partition }) => partition).sort()).toEqual([0, 1]);
  expect(await count).toBe(2);
  await other.close();
});

test('the unpatched client still has this fault', async () => {
  const admin = rig.unpatchedKafka().admin();
  await admin.connect();
  const { names } = rig.cluster;
  const highs = rig.proxy.keep('ListOffsets', 'late-reply');
  const offsets = admin.fetchTopicOffsets(names.topic('mmm.signals')).then(
    () => null,
    (error: unknown) => error,
  );
  await highs.arrived;
  await admin.fetchTopicMetadata({ topics: [names.topic('mmm.decisions')] });
  await highs.release();
  const error = await offsets;
  await admin.disconnect();
  expectFault(error !== null, 'two questions of an admin client at once break each other', 'admin-turns.ts');
});
