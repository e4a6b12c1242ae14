import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mavenCache } from '../../src/adapters/local-stack/download-cache.ts';
import { findJava } from '../../src/adapters/local-stack/find-java.ts';
import { KAFKA_VERSION } from '../../src/adapters/local-stack/kafka-server.ts';

export const CACHE_DIR = fileURLToPath(new URL('../../.local/cache', import.meta.url));
const BROKER_JARS = join(CACHE_DIR, `kafka-${KAFKA_VERSION}`);
const FLAGS = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error'];

/** What the pom beside this file asks for, fetched once into the cache under `name`; a class path of Java's. */
export const jarsOf = async (pom: string, name: string): Promise<string> => {
  const file = fileURLToPath(new URL(pom, import.meta.url));
  const jars = await mavenCache(
    CACHE_DIR,
    name,
    (target) => ['-f', file, 'dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${target}`],
    () => undefined,
  );
  return join(jars, '*');
};

/** Java with the jars that the local broker runs from, and `more` in front of them; throws where there are none. */
export const jvm = async (more: readonly string[] = []): Promise<readonly [string, readonly string[]]> => {
  if (!existsSync(BROKER_JARS)) {
    throw new Error(`Kafka's jars (${BROKER_JARS}) are not there: run the suites on local processes (Java and Maven)`);
  }
  const { command } = await findJava();
  return [command, [...FLAGS, '-cp', [...more, join(BROKER_JARS, '*')].join(delimiter)]];
};
