import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import { API, type ApiName } from './kafka-api-keys.ts';
import { redirect } from './kafka-redirect.ts';

/** ASCII in both, so that an address may stand in a name. */
const [BROKER, PROXY, OTHER] = [0x4e20, 0x5030, 0x6040];

const int16 = (value: number): Buffer => Buffer.from([(value >> 8) & 0xff, value & 0xff]);
const int32 = (value: number): Buffer => Buffer.concat([int16(value >> 16), int16(value)]);
const string = (text: string): Buffer => Buffer.concat([int16(text.length), Buffer.from(text)]);
const NULL = int16(-1);
const NONE = Buffer.alloc(0);
const address = (port: number): Buffer => Buffer.concat([string('127.0.0.1'), int32(port)]);
/** A topic of this name makes the reply hold the broker's address where none is meant. */
const TRAP = address(BROKER).toString();

const metadata = (version: number, ports: readonly number[]): Buffer =>
  Buffer.concat([
    version >= 3 ? int32(0) : NONE,
    int32(ports.length),
    ...ports.map((port, id) =>
      Buffer.concat([int32(id), address(port), version < 1 ? NONE : id === 0 ? NULL : string('rack')]),
    ),
    version >= 2 ? string('cluster') : NONE,
    version >= 1 ? int32(0) : NONE,
    int32(1),
    int16(0),
    string(TRAP),
    version >= 1 ? Buffer.from([0]) : NONE,
    int32(0),
  ]);
const coordinator = (version: number, where: Buffer, message: Buffer): Buffer =>
  Buffer.concat([version >= 1 ? int32(0) : NONE, int16(0), version >= 1 ? message : NONE, int32(1), where]);

interface Decoded {
  readonly brokers: readonly { readonly host: string; readonly port: number }[];
  readonly topicMetadata: readonly { readonly topic: string }[];
  readonly coordinator: { readonly host: string; readonly port: number };
}
/** What the client makes of it. */
const decode = async (api: string, version: number, body: Buffer): Promise<Decoded> => {
  const load = createRequire(import.meta.url);
  const { decode: read } = load(`kafkajs/src/protocol/requests/${api}/v${version}/response.js`) as {
    decode: (body: Buffer) => Promise<Decoded>;
  };
  return await read(body);
};

test.each([0, 1, 2, 3, 4, 5, 6])(
  'Metadata %i: brokers are redirected, a name that looks like one is not',
  async (v) => {
    const body = metadata(v, [BROKER, BROKER]);
    redirect(API.Metadata, v, body, BROKER, PROXY);
    const { brokers, topicMetadata } = await decode('metadata', v, body);
    expect(brokers.map(({ host, port }) => `${host}:${port}`)).toEqual(Array(2).fill(`127.0.0.1:${PROXY}`));
    expect(topicMetadata.map(({ topic }) => topic)).toEqual([TRAP]);
  },
);

test.each([
  [0, NULL],
  [1, NULL],
  [1, string(TRAP)],
  [2, NULL],
  [2, string('NONE')],
])('FindCoordinator %i: the coordinator is redirected, a message is not', async (v, message) => {
  const body = coordinator(v, address(BROKER), message);
  redirect(API.FindCoordinator, v, body, BROKER, PROXY);
  expect((await decode('findCoordinator', v, body)).coordinator).toMatchObject({ host: '127.0.0.1', port: PROXY });
  expect(body).toEqual(coordinator(v, address(PROXY), message));
});

test('an answer that there is no coordinator stays as it is', () => {
  const body = coordinator(1, Buffer.concat([string(''), int32(-1)]), string('not there'));
  const before = Buffer.from(body);
  redirect(API.FindCoordinator, 1, body, BROKER, PROXY);
  expect(body).toEqual(before);
});

test.each([
  ['Fetch', 15],
  ['Produce', 9],
  ['OffsetFetch', 9],
] satisfies [ApiName, number][])('%s %i: the bytes of the address are data', (api, version) => {
  const body = Buffer.concat([int32(0), address(BROKER)]);
  const before = Buffer.from(body);
  redirect(API[api], version, body, BROKER, PROXY);
  expect(body).toEqual(before);
});

test('a cluster with another broker cannot be stood before', () => {
  expect(() => redirect(API.Metadata, 6, metadata(6, [BROKER, OTHER]), BROKER, PROXY)).toThrow('names another');
  const body = coordinator(2, address(OTHER), NULL);
  expect(() => redirect(API.FindCoordinator, 2, body, BROKER, PROXY)).toThrow('names another');
});

test.each([
  ['Metadata', 9],
  ['FindCoordinator', 3],
  ['Produce', 10],
  ['Fetch', 16],
  ['DescribeCluster', 0],
  ['ShareFetch', 1],
  ['ShareAcknowledge', 1],
] satisfies [ApiName, number][])('%s %i may hold an address that is not found here: an error', (api, version) => {
  expect(() => redirect(API[api], version, Buffer.alloc(64), BROKER, PROXY)).toThrow('cannot redirect');
});
