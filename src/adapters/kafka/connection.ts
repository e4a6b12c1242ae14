import { connect as connectTcp, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import type { ISocketFactory, KafkaConfig, RetryOptions, SASLOptions } from 'kafkajs';
import kafkajs, { Kafka } from 'kafkajs';
import type { Logger } from '../../pipeline/ports/logger.ts';
import { registerDecompression } from './compression/register.ts';
import { bridgeLogs } from './log-bridge.ts';
import { assertPatched } from './patched-client.ts';

export interface KafkaTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface KafkaSasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

/** Where the brokers are and how to get in. PEM texts, not file names. */
export interface KafkaConnection {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly ssl?: KafkaTls | boolean;
  readonly sasl?: KafkaSasl | null;
}

const CONNECTION_TIMEOUT_MS = 3_000;
/** A dead broker is noticed within this; must be below the session timeout, or a rebalance comes first. */
const REQUEST_TIMEOUT_MS = 8_000;
const KEEP_ALIVE_MS = 60_000;

/** Group members, admin, plain producers: patient, because nothing is half done while they wait. */
const PATIENT: RetryOptions = { initialRetryTime: 100, maxRetryTime: 2_000, retries: 10 };
/**
 * Transactions: N+1 meets CONCURRENT_TRANSACTIONS while N completes, for a few milliseconds. The client's 300 ms first wait would be the
 * whole latency; 1, 2, 4 ... 20 ms for about 4 s measured best of all settings (p95 halved).
 */
const EAGER: RetryOptions = { initialRetryTime: 1, maxRetryTime: 20, retries: 200 };

/** A person waits for the answer, and may ask again: that a broker is not there is told after 0.6 s; the patient ones take 13 s. */
const HASTY: RetryOptions = { initialRetryTime: 100, maxRetryTime: 1_000, retries: 3 };

/** Small requests go out at once: without this a request can wait for the acknowledgement of the one before (Nagle). */
const socketFactory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const options = ssl as ConnectionOptions | undefined;
  const socket = options
    ? connectTls({ host, port, ...(isIP(host) === 0 ? { servername: host } : {}), ...options }, onConnect)
    : connectTcp({ host, port }, onConnect);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  return socket;
};

function configOf(connection: KafkaConnection, logger: Logger, retry: RetryOptions): KafkaConfig {
  const { ssl, sasl } = connection;
  return {
    brokers: [...connection.brokers],
    clientId: connection.clientId,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    retry,
    socketFactory,
    logLevel: kafkajs.logLevel.INFO,
    logCreator: bridgeLogs(logger),
    ...(ssl === undefined || ssl === false ? {} : { ssl: ssl === true ? true : { ...ssl } }),
    ...(sasl === undefined || sasl === null ? {} : { sasl: { ...sasl } as SASLOptions }),
  };
}

/** Groups and transactions never share one: a client object keeps the offsets its producers sent and lets its consumers start from them. */
export interface KafkaClients {
  readonly patient: Kafka;
  readonly transactional: Kafka;
  /** For a question, not for work. */
  readonly hasty: Kafka;
}

/**
 * The client objects of one process. Connects nothing.
 * @throws MmmError PREREQUISITE_MISSING when the client is not the patched one.
 */
export function createKafkaClients(connection: KafkaConnection, logger: Logger): KafkaClients {
  assertPatched();
  registerDecompression();
  return {
    patient: new Kafka(configOf(connection, logger, PATIENT)),
    transactional: new Kafka(configOf(connection, logger, EAGER)),
    hasty: new Kafka(configOf(connection, logger, HASTY)),
  };
}
