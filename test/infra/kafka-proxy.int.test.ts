import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Kafka } from 'kafkajs';
import { API } from './kafka-api-keys.ts';
import { KafkaProxy } from './kafka-proxy.ts';
import { testStack, uniqueName } from './stack.ts';

const proxy = new KafkaProxy(testStack().brokers);
beforeAll(async () => {
  await proxy.open();
});
afterAll(async () => proxy.cut());

test('the client knows no way to the broker but the proxy, for topics and for groups', async () => {
  const kafka = new Kafka({
    clientId: 'behind',
    brokers: proxy.brokers,
    logCreator: () => () => undefined,
    connectionTimeout: 1_000,
    retry: { retries: 0 },
  });
  const topic = uniqueName('proxy');
  const admin = kafka.admin();
  await admin.connect();
  const { brokers } = await admin.describeCluster();
  expect(brokers.map(({ host, port }) => `${host}:${port}`)).toEqual(proxy.brokers);
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic, messages: [{ value: 'one' }] });
  expect(proxy.count('Produce')).toBe(1);
  // A broker without the topic of offsets yet answers that its coordinator is not there.
  while (!(await admin.fetchOffsets({ groupId: topic, topics: [topic] }).catch(() => null))) continue;
  expect(proxy.count('OffsetFetch')).toBeGreaterThan(0);

  await proxy.cut();
  await expect(producer.send({ topic, messages: [{ value: 'lost' }] })).rejects.toThrow();
  await proxy.open();
  await producer.disconnect();
  await producer.connect();
  await producer.send({ topic, messages: [{ value: 'two' }] });
  const [{ high } = { high: '' }] = await admin.fetchTopicOffsets(topic);
  expect(high).toBe('2');
  await producer.disconnect();
  await admin.deleteTopics({ topics: [topic] });
  await admin.disconnect();
  // The versions that the client speaks are those that the proxy knows.
  expect(proxy.asked.map(({ apiKey }) => apiKey)).toEqual(expect.arrayContaining([API.Metadata, API.FindCoordinator]));
});
