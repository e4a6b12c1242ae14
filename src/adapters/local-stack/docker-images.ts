import { JVM_FLAGS } from './registry-server.ts';
import type { StackPart } from './stack.ts';

/** What one part needs as a container. */
export interface ImageSpec {
  readonly image: string;
  readonly containerPort: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
}

export interface ImageInput {
  /** Fixed, so that a restarted container keeps its address and Kafka can name it. */
  readonly hostPort: number;
  readonly superuserPassword: string;
}

/**
 * One port inside and outside: the broker writes the ends of transactions through its own advertised address, and where that leads nowhere inside of the
 * container no transaction ever ends.
 */
const kafka = ({ hostPort }: ImageInput): ImageSpec => ({
  image: 'apache/kafka:4.3.1',
  containerPort: hostPort,
  environment: {
    KAFKA_NODE_ID: '1',
    KAFKA_PROCESS_ROLES: 'broker,controller',
    KAFKA_LISTENERS: `PLAINTEXT://:${hostPort},CONTROLLER://:9093`,
    KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${hostPort}`,
    KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
    KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
    KAFKA_NUM_PARTITIONS: '6',
    KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
    KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: '4',
    KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
    KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
    KAFKA_TRANSACTION_STATE_LOG_NUM_PARTITIONS: '4',
    KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR: '1',
    KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR: '1',
    KAFKA_BROKER_SESSION_TIMEOUT_MS: '3000',
    KAFKA_BROKER_HEARTBEAT_INTERVAL_MS: '500',
    KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
    KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS: '1000',
    KAFKA_TRANSACTION_ABORT_TIMED_OUT_TRANSACTION_CLEANUP_INTERVAL_MS: '1000',
  },
});

const registry = (): ImageSpec => ({
  image: 'apicurio/apicurio-registry:3.3.3',
  containerPort: 8080,
  environment: {
    APICURIO_DATASOURCE_URL: 'jdbc:h2:file:/tmp/registry/db;WRITE_DELAY=0',
    JAVA_OPTS_APPEND: JVM_FLAGS.join(' '),
  },
});

const redis = (): ImageSpec => ({
  image: 'redis:7.2-alpine',
  containerPort: 6379,
  environment: {},
  command: ['redis-server', '--appendonly', 'yes', '--appendfsync', 'everysec', '--save', ''],
});

const postgres = ({ superuserPassword }: ImageInput): ImageSpec => ({
  image: 'postgres:18-alpine',
  containerPort: 5432,
  environment: { POSTGRES_PASSWORD: superuserPassword, POSTGRES_INITDB_ARGS: '--encoding=UTF8' },
  command: [
    'postgres',
    '-c',
    'max_connections=200',
    '-c',
    'fsync=on',
    '-c',
    'synchronous_commit=on',
    '-c',
    'timezone=UTC',
  ],
});

export const IMAGES: Readonly<Record<StackPart, (input: ImageInput) => ImageSpec>> = {
  kafka,
  registry,
  redis,
  postgres,
};
