import { spawn } from 'node:child_process';
import { once } from 'node:events';
import avro from 'avsc';
import kafkajs, { Kafka, type Message } from 'kafkajs';
import { kcatConsume, kcatInstalled } from '../../infra/kcat.ts';

/** A record as a `read_committed` consumer sees it. */
export interface Seen {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

const KEY_ENDS = '~';

/**
 * Puts records in with an independent client (librdkafka, partitioned like the Java client); with kafkajs where kcat is not installed.
 * Keys and values may not hold a line break or `~` before the value.
 */
export const produce = async (
  brokers: readonly string[],
  topic: string,
  records: readonly { readonly key: string; readonly value: string }[],
): Promise<void> => {
  if (!(await kcatInstalled())) return await produceBytes(brokers, topic, records);
  const args = ['-P', '-b', brokers.join(','), '-t', topic, '-K', KEY_ENDS, '-X', 'partitioner=murmur2_random'];
  // Else a request that a restarting broker refuses is sent again behind the ones after it: not the order that the test counts on.
  args.push('-X', 'enable.idempotence=true');
  const child = spawn('kcat', args, { stdio: ['pipe', 'ignore', 'inherit'] });
  child.stdin.end(records.map(({ key, value }) => `${key}${KEY_ENDS}${value}\n`).join(''));
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`kcat ended with ${String(code)}`);
};

/** Any bytes, which kcat's line format can not carry. */
export const produceBytes = async (
  brokers: readonly string[],
  topic: string,
  messages: readonly Message[],
): Promise<void> => {
  const producer = new Kafka({
    clientId: 'e2e',
    brokers: [...brokers],
    logCreator: () => () => undefined,
  }).producer();
  await producer.connect();
  try {
    // Compressed, so that a record over our own limit is below the broker's.
    await producer.send({ topic, messages: [...messages], acks: -1, compression: kafkajs.CompressionTypes.GZIP });
  } finally {
    await producer.disconnect();
  }
};

const fromKcat = (text: string): Record<string, string> => {
  const headers: Record<string, string> = {};
  let last = '';
  // kcat joins with commas and escapes nothing: a part without a name belongs to the value before it.
  for (const part of text === '' ? [] : text.split(',')) {
    const named = /^([a-z][a-z-]*)=(.*)$/s.exec(part);
    if (named === null) headers[last] = `${headers[last] ?? ''},${part}`;
    else headers[(last = named[1]!)] = named[2]!;
  }
  return headers;
};

/** Everything in a topic now, partition by partition in order. */
export const readTopic = async (brokers: readonly string[], topic: string): Promise<Seen[]> => {
  const records = await kcatConsume({ topic, brokers: [...brokers] });
  return records.map((record) => ({
    ...record,
    topic,
    key: record.key?.toString() ?? null,
    headers: fromKcat(record.headers),
  }));
};

/** Decodes Confluent-wire Avro with the writer's schema fetched from the registry by its id: nothing of our codec takes part. */
export const createAvroReader = (registryUrl: string): ((bytes: Buffer) => Promise<Record<string, unknown>>) => {
  // The promise, not what it gives: thousands of records asked at once for one schema would be as many connections.
  const types = new Map<number, Promise<avro.Type>>();
  const fetched = async (id: number): Promise<avro.Type> => {
    const response = await fetch(`${registryUrl}/schemas/ids/${id}`);
    if (!response.ok) throw new Error(`the registry answers ${response.status} for schema ${id}`);
    const { schema } = (await response.json()) as { schema: string };
    return avro.Type.forSchema(JSON.parse(schema) as avro.Schema);
  };
  const typeOf = (id: number): Promise<avro.Type> => {
    const held = types.get(id) ?? fetched(id);
    types.set(id, held);
    return held;
  };
  return async (bytes) => {
    if (bytes[0] !== 0) throw new Error('no magic byte');
    const type = await typeOf(bytes.readUInt32BE(1));
    return type.fromBuffer(bytes.subarray(5)) as Record<string, unknown>;
  };
};
