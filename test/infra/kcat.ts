import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { kafkaPeer } from './kafka-peer.ts';
import { testStack } from './stack.ts';

const run = promisify(execFile);
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;

/** One record as an independent client (librdkafka) sees it; null key or value stay null. */
export interface KcatRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** `name=value` pairs joined by commas, as kcat prints them. */
  readonly headers: string;
}

export const kcatInstalled = async (): Promise<boolean> =>
  await run('kcat', ['-V']).then(
    () => true,
    () => false,
  );

/** Cuts the output by the lengths in each header line, so that binary keys and values survive. */
export const parseKcat = (output: Buffer): KcatRecord[] => {
  const records: KcatRecord[] = [];
  let at = 0;
  const take = (length: number): Buffer | null => {
    if (length < 0) return null;
    const bytes = output.subarray(at, at + length);
    at += length;
    return bytes;
  };
  while (at < output.length) {
    const lineEnd = output.indexOf('\n', at);
    const [partition, offset, keyLength, valueLength, ...headers] = output.toString('utf8', at, lineEnd).split('\t');
    at = lineEnd + 1;
    const key = take(Number(keyLength));
    const value = take(Number(valueLength));
    at += 1;
    records.push({ partition: Number(partition), offset: Number(offset), key, value, headers: headers.join('\t') });
  }
  return records;
};

/**
 * Reads a topic from its beginning to its present end with an independent client (kcat, or Kafka's own where kcat is not installed); by default only
 * what a `read_committed` consumer sees.
 */
export const kcatConsume = async (input: {
  topic: string;
  brokers?: string[];
  readCommitted?: boolean;
}): Promise<KcatRecord[]> => {
  const isolation = (input.readCommitted ?? true) ? 'read_committed' : 'read_uncommitted';
  const brokers = (input.brokers ?? testStack().brokers).join(',');
  // prettier-ignore
  const args = [
    '-C', '-b', brokers, '-t', input.topic, '-o', 'beginning', '-e', '-q', '-X', `isolation.level=${isolation}`,
    // %K and %S are -1 for null; an empty key prints as length 0.
    '-f', String.raw`%p\t%o\t%K\t%S\t%h\n%k%s\n`,
  ];
  const [program, all] = (await kcatInstalled())
    ? ['kcat', args]
    : await kafkaPeer('consume', brokers, input.topic, isolation);
  const { stdout } = await run(program, [...all], { encoding: 'buffer', maxBuffer: MAX_OUTPUT_BYTES });
  return parseKcat(stdout);
};
