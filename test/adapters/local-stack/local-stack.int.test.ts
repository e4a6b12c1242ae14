import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import { Redis } from 'ioredis';
import { ConfigResourceTypes, Kafka } from 'kafkajs';
import pg from 'pg';
import { childrenOf, pidExists } from '../../../src/adapters/local-stack/process-identity.ts';
import { STACK_PARTS } from '../../../src/adapters/local-stack/stack.ts';
import type { RunningStack } from '../../../src/adapters/local-stack/stack.ts';
import { startStack } from '../../../src/adapters/local-stack/start-stack.ts';
import { removeStack, stackEnv, stopStack } from '../../../src/adapters/local-stack/stop-stack.ts';
import { uniqueName } from '../../infra/stack.ts';
import { testWithJava as test } from '../../infra/test-with-java.ts';

/** Ten times what the kill of a server without children takes. */
const CHILD_OUTLIVES_MS = 300;
const TIMEOUT_MS = 180_000;
const TOPIC = 'stack_records';
const SCHEMA = JSON.stringify({
  type: 'record',
  name: 'Probe',
  namespace: 'test',
  fields: [{ name: 'n', type: 'int' }],
});

const dataDir = join(process.env['MMM_TEST_RUN_FOLDER'] ?? '.local/test-stack/manual', uniqueName('own'));
const lines: string[] = [];
let stack: RunningStack;

const start = async (): Promise<RunningStack> =>
  await startStack({ provider: 'process', dataDir, log: (line) => lines.push(line) });
const kafka = (): Kafka =>
  new Kafka({ brokers: [stack.env.KAFKA_BOOTSTRAP_SERVERS ?? ''], logCreator: () => () => undefined });

const produce = async (value: string): Promise<void> => {
  const producer = kafka().producer();
  await producer.connect();
  await producer.send({ topic: TOPIC, acks: -1, messages: [{ value }] });
  await producer.disconnect();
};

/** Reads until `count` values have come. */
const consume = async (count: number): Promise<string[]> => {
  const consumer = kafka().consumer({ groupId: uniqueName('stack_group') });
  await consumer.connect();
  await consumer.subscribe({ topics: [TOPIC], fromBeginning: true });
  const values: string[] = [];
  await new Promise<void>((resolve, reject) => {
    const eachMessage = async ({ message }: { message: { value: Buffer | null } }): Promise<void> => {
      values.push(message.value?.toString() ?? '');
      if (values.length === count) resolve();
      return await Promise.resolve();
    };
    consumer.run({ eachMessage }).catch(reject);
  });
  await consumer.disconnect();
  return values;
};

const sql = async (text: string, url = stack.env.DATABASE_URL): Promise<Record<string, unknown>[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
};

const withRedis = async <T>(work: (client: Redis) => Promise<T>): Promise<T> => {
  const client = new Redis(stack.env.REDIS_URL ?? '');
  try {
    return await work(client);
  } finally {
    client.disconnect();
  }
};

const pids = (): number[] => STACK_PARTS.map((part) => stack.parts[part]?.pid() ?? -1);

describe('a stack of local processes', () => {
  beforeAll(async () => {
    // A folder that other accounts can not enter: as root, PostgreSQL's files must find another place.
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    stack = await start();
    const admin = kafka().admin();
    await admin.connect();
    await admin.createTopics({
      waitForLeaders: true,
      topics: [{ topic: TOPIC, numPartitions: 1, replicationFactor: 1 }],
    });
    await admin.disconnect();
  }, TIMEOUT_MS);

  afterAll(async () => await removeStack(dataDir), TIMEOUT_MS);

  test(
    'each server does its work: a record, a schema, a key, a row',
    async () => {
      await produce('first');
      expect(await consume(1)).toEqual(['first']);
      const registry = new SchemaRegistry({ host: stack.env.SCHEMA_REGISTRY_URL ?? '' });
      const { id } = await registry.register({ type: SchemaType.AVRO, schema: SCHEMA }, { subject: 'stack-probe' });
      expect(await registry.decode(await registry.encode(id, { n: 7 }))).toMatchObject({ n: 7 });
      expect(await withRedis(async (client) => [await client.ping(), await client.set('kept', 'yes')])).toEqual([
        'PONG',
        'OK',
      ]);
      await sql('CREATE TABLE kept (n int)');
      await sql('INSERT INTO kept VALUES (1)');
      expect(await sql('SELECT n FROM kept')).toEqual([{ n: 1 }]);
    },
    TIMEOUT_MS,
  );

  test('PostgreSQL is durable, UTF-8, on the loopback only, and the engine is no superuser there', async () => {
    const names = [
      'fsync',
      'synchronous_commit',
      'max_connections',
      'listen_addresses',
      'server_encoding',
      'unix_socket_directories',
    ];
    const rows = await sql(
      `SELECT name, setting FROM pg_settings WHERE name = ANY('{${names.join(',')}}')`,
      stack.env.STACK_POSTGRES_SUPERUSER_URL,
    );
    expect(Object.fromEntries(rows.map((row) => [row['name'], row['setting']]))).toEqual({
      fsync: 'on',
      synchronous_commit: 'on',
      max_connections: '200',
      listen_addresses: '127.0.0.1',
      server_encoding: 'UTF8',
      unix_socket_directories: '',
    });
    expect(await sql('SELECT rolsuper FROM pg_roles WHERE rolname = current_user')).toEqual([{ rolsuper: false }]);
  });

  test(
    'topics are not made by accident',
    async () => {
      const admin = kafka().admin();
      await admin.connect();
      const broker = { type: ConfigResourceTypes.BROKER, name: '1', configNames: ['auto.create.topics.enable'] };
      const { resources } = await admin.describeConfigs({ resources: [broker], includeSynonyms: false });
      await admin.disconnect();
      expect(resources[0]?.configEntries[0]).toMatchObject({ configValue: 'false' });
    },
    TIMEOUT_MS,
  );

  test('passwords are in the state file, mode 0600, and nowhere in the progress lines or server logs', async () => {
    expect((await stat(join(dataDir, 'stack.json'))).mode & 0o777).toBe(0o600);
    const password = new URL(stack.env.DATABASE_URL ?? '').password;
    expect(password.length).toBeGreaterThan(20);
    const logs = await Promise.all(
      STACK_PARTS.map(async (part) => await readFile(join(dataDir, 'logs', `${part}.log`), 'utf8')),
    );
    expect([...lines, ...logs].filter((text) => text.includes(password))).toEqual([]);
  });

  test(
    'starting it again finds the same processes',
    async () => {
      const before = pids();
      stack = await start();
      expect(pids()).toEqual(before);
      expect(await stackEnv(dataDir)).toEqual(stack.env);
    },
    TIMEOUT_MS,
  );

  test(
    'a broker killed and restarted has the records it acknowledged',
    async () => {
      await produce('acknowledged');
      const before = stack.parts.kafka?.pid() ?? -1;
      await stack.parts.kafka?.kill();
      expect(await pidExists(before)).toBe(false);
      await stack.parts.kafka?.restart();
      expect(stack.parts.kafka?.pid()).not.toBe(before);
      expect(await consume(2)).toEqual(['first', 'acknowledged']);
    },
    TIMEOUT_MS,
  );

  test(
    'a killed PostgreSQL leaves no child behind and comes back with its rows',
    async () => {
      const postmaster = stack.parts.postgres?.pid() ?? -1;
      const [child] = await childrenOf(postmaster);
      if (child === undefined) throw new Error('the server has no child process');
      // A stopped child outlives its parent for as long as the test likes.
      process.kill(child.pid, 'SIGSTOP');
      const killed = stack.parts.postgres?.kill().then(() => 'resolved');
      try {
        expect(await Promise.race([killed, delay(CHILD_OUTLIVES_MS, 'waits')])).toBe('waits');
        expect(await pidExists(postmaster)).toBe(false);
      } finally {
        process.kill(child.pid, 'SIGCONT');
      }
      expect(await killed).toBe('resolved');
      expect(await pidExists(child.pid)).toBe(false);
      await stack.parts.postgres?.restart();
      expect(await sql('SELECT n FROM kept')).toEqual([{ n: 1 }]);
    },
    TIMEOUT_MS,
  );

  test(
    'a stop by its folder alone ends every process; the next start has the same addresses and data',
    async () => {
      const { env } = stack;
      const running = pids();
      const families = (await Promise.all(running.map(childrenOf))).flat().map(({ pid }) => pid);
      expect(await stopStack(dataDir)).toBe(STACK_PARTS.length);
      expect(await Promise.all([...running, ...families].map(pidExists))).not.toContain(true);
      expect(await stackEnv(dataDir)).toBeUndefined();
      expect(await stopStack(dataDir)).toBe(0);

      stack = await start();
      expect(stack.env).toEqual(env);
      const registry = new SchemaRegistry({ host: stack.env.SCHEMA_REGISTRY_URL ?? '' });
      expect({
        records: await consume(2),
        key: await withRedis(async (client) => await client.get('kept')),
        rows: await sql('SELECT n FROM kept'),
        schemaId: await registry.getLatestSchemaId('stack-probe').catch((error: unknown) => error),
      }).toEqual({ records: ['first', 'acknowledged'], key: 'yes', rows: [{ n: 1 }], schemaId: 1 });
    },
    TIMEOUT_MS,
  );
});
