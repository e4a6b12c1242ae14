import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Kafka } from 'kafkajs';
import pg from 'pg';
import type { KafkaExtras, RunningStack, StackPart } from '../../src/adapters/local-stack/stack.ts';
import { removeStack } from '../../src/adapters/local-stack/stop-stack.ts';
import { startAnyhow } from './start-anyhow.ts';

const SUFFIX_BYTES = 5;

/** Addresses of the run's shared servers. */
export interface TestStack {
  readonly brokers: string[];
  readonly registryUrl: string;
  readonly redisUrl: string;
  /** The maintenance database of the engine's role; suites make their own with `createDatabase`. */
  readonly databaseUrl: string;
  /** The same under the names the engine reads. */
  readonly env: Readonly<
    Record<'KAFKA_BOOTSTRAP_SERVERS' | 'SCHEMA_REGISTRY_URL' | 'REDIS_URL' | 'DATABASE_URL', string>
  >;
}

const required = (name: string): string => {
  const value = process.env[name];
  if (value === undefined || value === '')
    throw new Error(`${name} is not set: run this suite through npm test, which starts the servers`);
  return value;
};

export const testStack = (): TestStack => {
  const env = {
    KAFKA_BOOTSTRAP_SERVERS: required('KAFKA_BOOTSTRAP_SERVERS'),
    SCHEMA_REGISTRY_URL: required('SCHEMA_REGISTRY_URL'),
    REDIS_URL: required('REDIS_URL'),
    DATABASE_URL: required('DATABASE_URL'),
  };
  return {
    brokers: env.KAFKA_BOOTSTRAP_SERVERS.split(','),
    registryUrl: env.SCHEMA_REGISTRY_URL,
    redisUrl: env.REDIS_URL,
    databaseUrl: env.DATABASE_URL,
    env,
  };
};

/** A name no other suite and no earlier run has: prefix, then letters and digits. Fits topics, groups, key prefixes and databases. */
export const uniqueName = (prefix: string): string => `${prefix}_${randomBytes(SUFFIX_BYTES).toString('hex')}`;

/** Throws unless the name says that it is a test's: what follows destroys it. */
export const guardTestName = (name: string): void => {
  if (!/^[a-z0-9_]*test[a-z0-9_]*$/.test(name)) {
    throw new Error(
      `refused: the database name "${name}" does not contain "test" (lower-case letters, digits and _ only)`,
    );
  }
};

const onServer = async (url: string, sql: string): Promise<void> => {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    await client.query(sql);
  } finally {
    await client.end();
  }
};

/** Makes an empty database and resolves with its URL. The name must contain `test`. */
export const createDatabase = async (name: string, serverUrl: string = testStack().databaseUrl): Promise<string> => {
  guardTestName(name);
  await onServer(serverUrl, `CREATE DATABASE "${name}"`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.toString();
};

/** Drops a database, ending its connections. Refuses a name without `test`. */
export const dropDatabase = async (name: string, serverUrl: string = testStack().databaseUrl): Promise<void> => {
  guardTestName(name);
  const drop = `DROP DATABASE IF EXISTS "${name}"`;
  try {
    await onServer(serverUrl, `${drop} WITH (FORCE)`);
  } catch (error) {
    // FORCE may not end an autovacuum worker, which is the superuser's (42501); the plain form asks it to leave and waits.
    if (!(error instanceof pg.DatabaseError) || error.code !== '42501') throw error;
    await onServer(serverUrl, drop);
  }
};

export interface TestTopic {
  readonly topic: string;
  /** Default 1. */
  readonly partitions?: number;
  readonly config?: Readonly<Record<string, string>>;
}

/** Makes topics and waits for their leaders. */
export const createTopics = async (
  topics: readonly TestTopic[],
  brokers: string[] = testStack().brokers,
): Promise<void> => {
  const admin = new Kafka({ clientId: 'test-infra', brokers, logCreator: () => () => undefined }).admin();
  await admin.connect();
  try {
    await admin.createTopics({
      waitForLeaders: true,
      topics: topics.map(({ topic, partitions, config }) => ({
        topic,
        numPartitions: partitions ?? 1,
        replicationFactor: 1,
        configEntries: Object.entries(config ?? {}).map(([name, value]) => ({ name, value })),
      })),
    });
  } finally {
    await admin.disconnect();
  }
};

export interface PrivateStack extends RunningStack {
  /** Kills it and deletes its data. */
  remove(): Promise<void>;
}

/**
 * Servers of one suite alone, which it may kill and restart (`stack.parts.kafka?.kill()`). Call `remove` at the end; what a killed
 * run leaves is removed by the next run.
 */
export const startPrivateStack = async (
  parts: readonly StackPart[],
  kafka: KafkaExtras = {},
): Promise<PrivateStack> => {
  const dataDir = join(required('MMM_TEST_RUN_FOLDER'), uniqueName('private'));
  const stack = await startAnyhow({ dataDir, parts, kafka, log: () => undefined });
  return { ...stack, remove: async () => await removeStack(dataDir) };
};
