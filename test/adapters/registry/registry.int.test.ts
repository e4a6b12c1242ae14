import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { RegistryInputDecoder } from '../../../src/adapters/registry/input-decoder.ts';
import { avroTopics, RegistryCodec } from '../../../src/adapters/registry/record-codec.ts';
import { RegistryClient } from '../../../src/adapters/registry/registry-client.ts';
import { setUpSchemas } from '../../../src/adapters/registry/schema-setup.ts';
import { AVRO_SCHEMAS } from '../../../src/generated/schemas.ts';
import type { AvroSchemaVersion } from '../../../src/generated/schemas.ts';
import type { EncodedTypes } from '../../../src/pipeline/ports/codec.ts';
import { javaDecode, javaEncode } from '../../infra/avro-peer.ts';
import { uniqueName } from '../../infra/stack.ts';
import { testWithJava } from '../../infra/test-with-java.ts';
import { AVRO_SAMPLES, FULL_EVENT, FULL_SIGNAL } from '../../schemas/samples.ts';
import { SIGNAL } from './samples.ts';

const clock = (): number => performance.now();
const namespace = `${uniqueName('registry')}.`;
let url: string;
let client: RegistryClient;
beforeAll(() => {
  url = process.env['SCHEMA_REGISTRY_URL'] ?? '';
  if (url === '') throw new Error('SCHEMA_REGISTRY_URL is not set: run this suite through npm test');
  client = new RegistryClient(url);
});

type Encoded = keyof EncodedTypes & keyof typeof AVRO_SAMPLES;
/** Text requests have no writer yet. */
const TOPICS_IN_AVRO = avroTopics()
  .map(([topic]) => topic)
  .filter((topic): topic is Encoded => topic in AVRO_SAMPLES && topic !== 'mmm.compose');

const kinds = async (apply: boolean): Promise<string[]> => {
  const steps = await setUpSchemas(client, namespace, { apply });
  return [...new Set(steps.map(({ kind }) => kind))].sort();
};

describe('set-up', () => {
  test('before it, the codec names what is missing', async () => {
    await expect(RegistryCodec.create(client, namespace, clock)).rejects.toMatchObject({ code: 'SCHEMA_ID_UNKNOWN' });
  });

  test('a dry run changes nothing, a run registers all, a second one finds all as it should be', async () => {
    expect(await kinds(false)).toEqual(['register', 'set-compatibility']);
    expect(await kinds(false)).toEqual(['register', 'set-compatibility']);
    expect(await kinds(true)).toEqual(['register', 'set-compatibility']);
    expect(await kinds(true)).toEqual(['ok']);
    expect(await client.compatibilityOf(`${namespace}mmm.signals-value`)).toBe('BACKWARD');
  });

  test('an incompatible later version is refused and said so', async () => {
    const first = AVRO_SCHEMAS.find((schema) => schema.subject === 'mmm.outcomes-value')!;
    const changed = JSON.parse(first.text) as { fields: { name: string; type: unknown }[] };
    changed.fields.push({ name: 'required_later', type: 'string' });
    const second: AvroSchemaVersion = { ...first, version: 2, text: JSON.stringify(changed) };
    for (const apply of [false, true]) {
      const steps = await setUpSchemas(client, namespace, { apply, schemas: [first, second] });
      expect(steps.map(({ kind, version }) => [kind, version])).toEqual([
        ['ok', 1],
        ['incompatible', 2],
      ]);
    }
  });

  test('a rule that somebody took away is set again', async () => {
    const subject = `${namespace}mmm.compose-value`;
    await fetch(`${url}/config/${subject}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ compatibility: 'NONE' }),
    });
    expect(await kinds(false)).toEqual(['ok', 'set-compatibility']);
    await kinds(true);
    expect(await client.compatibilityOf(subject)).toBe('BACKWARD');
  });
});

describe('records', () => {
  test("are read by the registry's own client, and the other way round", async () => {
    const codec = await RegistryCodec.create(client, namespace, clock);
    const independent = new SchemaRegistry({ host: url });
    const wire = Buffer.from(codec.encode('mmm.signals', SIGNAL));
    expect(JSON.parse(JSON.stringify(await independent.decode(wire)))).toEqual(SIGNAL);
    const id = await independent.getLatestSchemaId(`${namespace}mmm.signals-value`);
    expect(await codec.decodeSignal(await independent.encode(id, SIGNAL))).toEqual(SIGNAL);
    const decoder = new RegistryInputDecoder(client, clock);
    expect(await decoder.decode('mmm.triggers', wire)).toEqual(SIGNAL);
    expect(decoder.decode('mmm.triggers', wire)).toEqual(SIGNAL);
  });

  testWithJava("what we write to any topic is the same for Apache's Avro for Java", async () => {
    const codec = await RegistryCodec.create(client, namespace, clock);
    const long = '\u00e9\u{1F600}\u0000"'.repeat(4_000);
    const numbers = { a: -1, b: 2 ** 40, c: 0.1, d: 1e300, e: Number.MIN_VALUE, f: 0 };
    const records: (readonly [keyof EncodedTypes, EncodedTypes[keyof EncodedTypes]])[] = [
      ...TOPICS_IN_AVRO.flatMap((topic) => AVRO_SAMPLES[topic].map((record) => [topic, record] as const)),
      ['mmm.signals', { ...FULL_SIGNAL, branch: long, payload: { ...numbers, [long]: '' } }],
      ['mmm.outcomes', { ...FULL_EVENT, payload: numbers }],
    ];
    const wire = records.map(([topic, record]) => codec.encode(topic, record));
    expect(await javaDecode(url, wire)).toEqual(records.map(([, record]) => record));
  });

  testWithJava("a neighbour's records written by Apache's Avro for Java are read as they were meant", async () => {
    const subject = `${namespace}pm3.signals.normalized-value`;
    const { text } = AVRO_SCHEMAS.find((schema) => schema.subject === 'pm3.signals.normalized-value')!;
    const schemaId = (await client.idOf(subject, { kind: 'AVRO', text }))!;
    const absent = { environment: null, producer_id: null, signal_kind: null, ingested_at: null, trace_id: null };
    const nowhere = { service_name: null, module: null, plane: null, pr_id: null, deployment_id: null };
    const id = {
      signal_id: 'p-1',
      tenant_id: 'acme',
      signal_type: 'commit_pushed',
      occurred_at: '2026-03-01T10:00:00Z',
    };
    const common = { ...id, ...absent, span_id: null, correlation_id: null };
    const commit = { ...nowhere, branch: null, commit: null, file_path: null, environment: null };
    const datum = {
      ...common,
      actor_id: { string: 'dev1' },
      resource: { 'engine.mmm.input.SignalResource': { ...commit, repository: { string: 'org/\u00e9\u{1F600}' } } },
      payload: {
        files_changed: { double: 3 },
        is_fix: { boolean: false },
        labels: { array: [{ string: 'a' }, null, { double: -0.5 }] },
        counts: { map: { lines: { double: 1e15 } } },
        nothing: null,
      },
      schema_version: null,
      sequence_no: { long: 9_007_199_254_740_990 },
    };
    const [wire] = await javaEncode(url, [{ schemaId, datum }]);
    const read = await new RegistryInputDecoder(client, clock).decode('pm3.signals.normalized', wire!);
    expect(JSON.parse(JSON.stringify(read))).toEqual({
      ...common,
      actor_id: 'dev1',
      resource: { ...commit, repository: 'org/\u00e9\u{1F600}' },
      payload: {
        files_changed: 3,
        is_fix: false,
        labels: ['a', null, -0.5],
        counts: { lines: 1e15 },
        nothing: null,
      },
      schema_version: null,
      sequence_no: 9_007_199_254_740_990,
    });
  });

  test('an id that the registry does not know is poison', async () => {
    const decoder = new RegistryInputDecoder(client, clock);
    const wire = Buffer.from([0, 0x7f, 0, 0, 1, 2, 3]);
    await expect(decoder.decode('mmm.triggers', wire)).rejects.toMatchObject({ code: 'SCHEMA_ID_UNKNOWN' });
  });
});

describe('a registry that does not answer is waited for', () => {
  const wire = Buffer.from([0, 0, 0, 0, 1, 2]);
  const decodeFrom = async (target: string): Promise<unknown> =>
    new RegistryInputDecoder(new RegistryClient(target), clock).decode('mmm.triggers', wire);

  test('refused connection', async () => {
    await expect(decodeFrom('http://127.0.0.1:1')).rejects.toMatchObject({
      code: 'REGISTRY_UNAVAILABLE',
      retriable: true,
    });
  });

  test.each([
    ['a gateway error', 502, '<html>'],
    ['a server error', 500, '{"error_code":50001,"message":"store"}'],
    ['a 404 that is not the registry speaking', 404, '{"message":"no such route"}'],
    ['a refused login', 401, '{}'],
  ])('%s', async (_name, status, body) => {
    const server = createServer((_request, response) => response.writeHead(status).end(body)).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      await expect(decodeFrom(`http://127.0.0.1:${port}`)).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
