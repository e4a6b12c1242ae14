import { EventEmitter, once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { freePort } from '../../src/adapters/local-stack/free-ports.ts';
import { API, Frames, KafkaWay } from './kafka-way.ts';

const message = (...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
};
const request = (api: number, correlationId: number): Buffer => {
  const header = Buffer.alloc(8);
  header.writeInt16BE(api);
  header.writeInt32BE(correlationId, 4);
  return message(header, Buffer.from('body'));
};
const reply = (correlationId: number): Buffer => {
  const header = Buffer.alloc(4);
  header.writeInt32BE(correlationId);
  return message(header, Buffer.from('done'));
};

test('messages are whole however the stream is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 40 })),
      fc.array(fc.integer({ min: 1, max: 30 })),
      (bodies, cuts) => {
        const messages = bodies.map((body) => message(Buffer.from(body)));
        const frames = new Frames();
        const got: Buffer[] = [];
        let rest = Buffer.concat(messages);
        for (const cut of [...cuts, rest.length]) {
          got.push(...frames.push(rest.subarray(0, cut)));
          rest = rest.subarray(cut);
        }
        got.push(...frames.push(rest));
        expect(got).toEqual(messages);
      },
    ),
  );
});

/** A broker that answers each request with its correlation id, and remembers what it did. */
let broker: Server;
let way: KafkaWay;
const did: number[] = [];
const work = new EventEmitter();
let client: Socket;
const answered: number[] = [];

beforeEach(async () => {
  did.length = 0;
  answered.length = 0;
  broker = createServer((socket) => {
    const frames = new Frames();
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      for (const frame of frames.push(chunk)) {
        did.push(frame.readInt32BE(8));
        work.emit('did');
        socket.write(reply(frame.readInt32BE(8)));
      }
    });
  });
  const near = await freePort(new Set());
  const far = await freePort(new Set([near]));
  broker.listen(far, '127.0.0.1');
  await once(broker, 'listening');
  way = await new KafkaWay(near, far, 20).open();
  client = connect(near, '127.0.0.1');
  client.on('error', () => undefined);
  const frames = new Frames();
  client.on('data', (chunk: Buffer) => {
    for (const frame of frames.push(chunk)) answered.push(frame.readInt32BE(4));
  });
  await once(client, 'connect');
});
afterEach(async () => {
  client.destroy();
  await way.cut();
  broker.close();
});

/** `once` would end with the reset, which is an error before the socket is closed. */
const closing = async (socket: Socket): Promise<void> =>
  await new Promise((resolve) => socket.once('close', () => resolve()));

const sendAll = (): void => {
  client.write(Buffer.concat([request(API.Produce, 1), request(API.EndTxn, 2), request(API.Produce, 3)]));
};

test('without an order everything goes through', async () => {
  sendAll();
  while (answered.length < 3) await once(client, 'data');
  expect([did, answered]).toEqual([
    [1, 2, 3],
    [1, 2, 3],
  ]);
});

test('a lost answer: the broker has done it, what came before is answered, and the connection breaks', async () => {
  const happened = way.next('EndTxn', 'lose-reply');
  const closed = closing(client);
  sendAll();
  await Promise.all([happened, closed]);
  expect(did).toContain(2);
  expect(answered).toEqual([1]);
});

test('a lost request: the broker has not seen it nor anything behind it', async () => {
  const happened = way.next('EndTxn', 'lose-request');
  const closed = closing(client);
  sendAll();
  await Promise.all([happened, closed]);
  expect(did).not.toContain(2);
  expect(did).not.toContain(3);
});

test('a late request: the connection breaks at once, and it arrives all the same', async () => {
  const happened = way.next('EndTxn', 'late-request');
  const closed = closing(client);
  sendAll();
  await Promise.all([happened, closed]);
  if (!did.includes(2)) await once(work, 'did');
  expect(did).toEqual([1, 2]);
});
