import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findJava } from '../../src/adapters/local-stack/find-java.ts';
import { KAFKA_VERSION } from '../../src/adapters/local-stack/kafka-server.ts';

const PROGRAM = fileURLToPath(new URL('./KafkaPeer.java', import.meta.url));
const JARS = fileURLToPath(new URL(`../../.local/cache/kafka-${KAFKA_VERSION}`, import.meta.url));

/**
 * Command and arguments that run Kafka's own client (KafkaPeer.java, from source) on the jars that the local broker runs from: an independent peer
 * that is there wherever the suites run, unlike kcat.
 */
export const kafkaPeer = async (...args: readonly string[]): Promise<readonly [string, readonly string[]]> => {
  if (!existsSync(JARS)) {
    throw new Error(
      `neither kcat nor Kafka's jars (${JARS}) are there: install kcat, or run the suites on local processes`,
    );
  }
  const { command } = await findJava();
  const flags = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error'];
  return [command, [...flags, '-cp', join(JARS, '*'), PROGRAM, ...args]];
};
