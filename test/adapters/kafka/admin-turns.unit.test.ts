import { Kafka } from 'kafkajs';
import { expect, test } from '@jest/globals';
import { inTurns } from '../../../src/adapters/kafka/admin-turns.ts';

/** The client's own object, its calls replaced by ones that end when the test says so. */
function rig() {
  const started: string[] = [];
  const ends: PromiseWithResolvers<never[]>[] = [];
  const call = (name: string) => async (): Promise<never[]> => {
    started.push(name);
    const end = Promise.withResolvers<never[]>();
    ends.push(end);
    return end.promise;
  };
  const admin = new Kafka({ brokers: ['nowhere:1'] }).admin();
  Object.assign(admin, { fetchTopicOffsets: call('offsets'), fetchTopicMetadata: call('metadata') });
  const settled = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return { admin: inTurns(admin), started, ends, settled };
}

test('a call starts when the one before has ended, also when that failed, and each hears of its own end', async () => {
  const { admin, started, ends, settled } = rig();
  const first = admin.fetchTopicOffsets('a');
  const second = admin.fetchTopicMetadata({ topics: ['b'] });
  await settled();
  expect(started).toEqual(['offsets']);
  ends[0]!.reject(new Error('no broker'));
  await expect(first).rejects.toThrow('no broker');
  await settled();
  expect(started).toEqual(['offsets', 'metadata']);
  ends[1]!.resolve([]);
  await expect(second).resolves.toEqual([]);
});

test('everything else of the client is as it was', () => {
  const { admin } = rig();
  expect(admin.events.CONNECT).toBe('admin.connect');
  expect(typeof admin.disconnect).toBe('function');
});
