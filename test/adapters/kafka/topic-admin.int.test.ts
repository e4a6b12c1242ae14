import { afterAll, beforeAll, expect, test } from '@jest/globals';
import kafkajs from 'kafkajs';
import { assertBrokerVersions } from '../../../src/adapters/kafka/broker-versions.ts';
import { createKafkaClients } from '../../../src/adapters/kafka/connection.ts';
import { KafkaRecordWriter } from '../../../src/adapters/kafka/record-writer.ts';
import { readTopic } from '../../../src/adapters/kafka/topic-reader.ts';
import type { Metrics } from '../../../src/pipeline/ports/metrics.ts';
import { TestCluster, logger, metrics } from './cluster.ts';
import { record } from './records.ts';

const cluster = new TestCluster();
beforeAll(async () => cluster.admin.connect());
afterAll(async () => cluster.close());

const kinds = async (): Promise<string[]> => [...new Set((await cluster.admin.plan()).map(({ kind }) => kind))].sort();

test('the running brokers are new enough; none at all is LOG_UNAVAILABLE', async () => {
  await cluster.admin.assertBrokerVersions();
  const nowhere = createKafkaClients({ brokers: ['127.0.0.1:1'], clientId: 'test' }, logger);
  const impatient = new kafkajs.Kafka({
    brokers: ['127.0.0.1:1'],
    retry: { retries: 0 },
    logCreator: () => () => undefined,
  });
  expect(nowhere.patient).not.toBe(nowhere.transactional);
  await expect(assertBrokerVersions(impatient)).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' });
});

test('apply makes every topic, a second one does nothing, a missing one has no partitions', async () => {
  await expect(cluster.admin.partitionCount('mmm.signals')).rejects.toMatchObject({ code: 'TOPIC_MISSING' });
  expect(await kinds()).toEqual(['create']);
  expect((await cluster.admin.apply()).every(({ kind }) => kind === 'create')).toBe(true);
  expect(await kinds()).toEqual(['foreign', 'ok']);
  expect((await cluster.admin.apply()).some(({ kind }) => kind === 'create')).toBe(false);
  expect(await cluster.admin.partitionCount('mmm.outbox')).toBe(await cluster.admin.partitionCount('mmm.signals'));
});

test('a changed setting is mended without losing what an operator added', async () => {
  const name = cluster.names.topic('mmm.decisions');
  const type = kafkajs.ConfigResourceTypes.TOPIC;
  const configEntries = [
    { name: 'retention.ms', value: '60000' },
    { name: 'segment.ms', value: '7200000' },
  ];
  await cluster.admin.admin.alterConfigs({ validateOnly: false, resources: [{ type, name, configEntries }] });
  while (!(await kinds()).includes('configure'));
  const [step] = (await cluster.admin.apply()).filter(({ topic }) => topic === 'mmm.decisions');
  expect(step).toMatchObject({ kind: 'configure' });
  const { resources } = await cluster.admin.admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type, name }],
  });
  const value = (config: string) =>
    resources[0]?.configEntries.find(({ configName }) => configName === config)?.configValue;
  expect([value('retention.ms'), value('segment.ms'), value('cleanup.policy')]).toEqual([
    '1209600000',
    '7200000',
    'delete',
  ]);
  expect(await kinds()).toEqual(['foreign', 'ok']);
});

test('the writer keeps the order of a key over concurrent appends, refuses what is too large, and lag is counted', async () => {
  const values = Array.from({ length: 300 }, (_, i) => String(i));
  await Promise.all(values.map((value) => cluster.writer.append([record('mmm.signals', 'k', value)])));
  const tooLarge = cluster.writer.append([record('mmm.signals', 'k', 'x'.repeat(3_000_000))]);
  await expect(tooLarge).rejects.toMatchObject({ code: 'OUTPUT_TOO_LARGE' });
  const seen: string[] = [];
  const deps = { kafka: cluster.clients.patient, admin: cluster.admin.admin, names: cluster.names };
  const options = { from: 'earliest', follow: false, signal: new AbortController().signal } as const;
  await readTopic(deps, 'mmm.signals', options, ({ value }) => void seen.push(String(value)));
  expect(seen).toEqual(values);

  const gauges: unknown[] = [];
  const recording: Metrics = { ...metrics, gauge: (...args) => void gauges.push(args) };
  await cluster.admin.reportLag('mmm-decide', ['mmm.signals'], recording);
  expect(gauges).toEqual([['mmm_consumer_lag_records', 300, { group: 'mmm-decide' }]]);
});

test('a writer that failed goes on with a new producer', async () => {
  const other = new TestCluster();
  await other.admin.connect();
  const writer = new KafkaRecordWriter({
    kafka: other.clients.patient,
    names: other.names,
    counts: other.counts,
    logger,
  });
  await expect(writer.append([record('mmm.dlq', 'k', 'x')])).rejects.toMatchObject({ code: 'TOPIC_MISSING' });
  await other.admin.apply();
  await writer.append([record('mmm.dlq', 'k', 'x')]);
  await writer.append([{ ...record('mmm.dlq', 'k', 'y'), key: null, value: null }]);
  await writer.close();
  await expect(writer.append([record('mmm.dlq', 'k', 'z')])).rejects.toBeInstanceOf(Error);
  await other.close();
});
