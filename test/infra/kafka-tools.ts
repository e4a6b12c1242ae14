import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { mavenCache } from '../../src/adapters/local-stack/download-cache.ts';
import { KAFKA_VERSION } from '../../src/adapters/local-stack/kafka-server.ts';
import { CACHE_DIR, jvm } from './kafka-jars.ts';

const POM = fileURLToPath(new URL('./kafka-tools-pom.xml', import.meta.url));

/** The programs behind Kafka's scripts. */
const PROGRAMS = {
  'kafka-configs': 'kafka.admin.ConfigCommand',
  'kafka-consumer-groups': 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  'kafka-transactions': 'org.apache.kafka.tools.TransactionsCommand',
} as const;
export type KafkaTool = keyof typeof PROGRAMS;

const run = promisify(execFile);

/** Runs one of Kafka's own tools as an operator does, and resolves with what it prints. Rejects when it ends with another code than 0. */
export const kafkaTool = async (
  tool: KafkaTool,
  brokers: readonly string[],
  args: readonly string[],
): Promise<string> => {
  const jars = await mavenCache(
    CACHE_DIR,
    `kafka-tools-${KAFKA_VERSION}`,
    (target) => ['-f', POM, 'dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${target}`],
    () => undefined,
  );
  const [command, flags] = await jvm([join(jars, '*')]);
  const { stdout } = await run(command, [...flags, PROGRAMS[tool], '--bootstrap-server', brokers.join(','), ...args]);
  return stdout;
};
