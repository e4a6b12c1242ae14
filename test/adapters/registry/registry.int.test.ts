import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { RegistryInputDecoder } from '../../../src/adapters/registry/input-decoder.ts';
import { RegistryCodec } from '../../../src/adapters/registry/record-codec.ts';
import { RegistryClient } from '../../../src/adapters/registry/registry-client.ts';
import { setUpSchemas } from '../../../src/adapters/registry/schema-setup.ts';
import { AVRO_SCHEMAS } from '../../../src/generated/schemas.ts';
import type { AvroSchemaVersion } from '../../../src/generated/schemas.ts';
import { uniqueName } from '../../infra/stack.ts';
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
