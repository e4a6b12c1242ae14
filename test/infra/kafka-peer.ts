import { fileURLToPath } from 'node:url';
import { jvm } from './kafka-jars.ts';

const PROGRAM = fileURLToPath(new URL('./KafkaPeer.java', import.meta.url));

/**
 * Command and arguments that run Kafka's own client (KafkaPeer.java, from source) on the jars that the local broker runs from: an independent peer
 * that is there wherever the suites run, unlike kcat.
 */
export const kafkaPeer = async (...args: readonly string[]): Promise<readonly [string, readonly string[]]> => {
  const [command, flags] = await jvm();
  return [command, [...flags, PROGRAM, ...args]];
};
