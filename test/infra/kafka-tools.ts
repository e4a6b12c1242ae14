import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { KAFKA_VERSION } from '../../src/adapters/local-stack/kafka-server.ts';
import { jarsOf, jvm } from './kafka-jars.ts';

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
  const [command, flags] = await jvm([await jarsOf('kafka-tools-pom.xml', `kafka-tools-${KAFKA_VERSION}`)]);
  const { stdout } = await run(command, [...flags, PROGRAMS[tool], '--bootstrap-server', brokers.join(','), ...args]);
  return stdout;
};
