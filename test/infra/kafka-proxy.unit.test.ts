import { EventEmitter, once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { API, type ApiName } from './kafka-api-keys.ts';
import { Frames, bodyOf, correlationIdOf, replyFrame, requestHead } from './kafka-frames.ts';
import { KafkaProxy } from './kafka-proxy.ts';

const request = (api: ApiName, correlationId: number): Buffer => {
  // Same length in front; then the api key stands where a reply has the first half of its correlation id.
  const frame = replyFrame(0, Buffer.concat([Buffer.alloc(4), Buffer.from('body')]));
  frame.writeInt16BE(API[api], 4);
  frame.writeInt32BE(correlationId, 8);
  return frame;
};

const DONE = Buffer.from('done');
/** The broker closes the connection instead of answering. */
const DEADLY = 666;

/** Metadata, version 0: one broker, no topic. */
const metadata = (port: number): Buffer => {
  const body = Buffer.from('\0\0\0\x01\0\0\0\0\0\x09127.0.0.1\0\0\0\0\0\0\0\0', 'latin1');
  body.writeInt32BE(port, body.length - 8);
  return body;
};

/** A broker that answers each request and remembers what it did. */
class Broker {
  readonly did: number[] = [];
  readonly #work = new EventEmitter();
  readonly #sockets: Socket[] = [];
  readonly #server: Server = createServer((socket) => {
    this.#sockets.push(socket);
    const frames = new Frames();
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      for (const frame of frames.push(chunk)) this.#answer(frame, socket);
    });
  });

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Resolves when it has done so many requests. */
  async done(times: number): Promise<void> {
    while (this.did.length < times) await once(this.#work, 'done');
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #answer(frame: Buffer, socket: Socket): void {
    const { apiKey, correlationId } = requestHead(frame);
    if (correlationId === DEADLY) {
      socket.destroy();
      return;
    }
    this.did.push(correlationId);
    this.#work.emit('done');
    socket.write(replyFrame(correlationId, apiKey === API.Metadata ? metadata(this.port) : DONE));
  }
}

class Client {
  readonly answered: number[] = [];
  readonly bodies: Buffer[] = [];
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #answers = new EventEmitter();

  constructor(port: number) {
    const frames = new Frames();
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => this.#socket.once('close', () => resolve()));
    this.#socket.on('data', (chunk: Buffer) => {
      for (const frame of frames.push(chunk)) {
        this.answered.push(correlationIdOf(frame));
        this.bodies.push(bodyOf(frame));
        this.#answers.emit('answer');
      }
    });
  }

  /** In one piece. */
  send(...requests: readonly (readonly [ApiName, number])[]): this {
    this.#socket.write(Buffer.concat(requests.map(([api, id]) => request(api, id))));
    return this;
  }

  async answers(times: number): Promise<void> {
    while (this.answered.length < times) await once(this.#answers, 'answer');
  }

  end(): void {
    this.#socket.destroy();
  }
}

let broker: Broker;
let proxy: KafkaProxy;
const clients: Client[] = [];
const proxyPort = (): number => Number(proxy.brokers[0]!.split(':')[1]);
const newClient = (): Client => {
  const client = new Client(proxyPort());
  clients.push(client);
  return client;
};

beforeEach(async () => {
  broker = await new Broker().start();
  proxy = await new KafkaProxy([`127.0.0.1:${broker.port}`], 20).open();
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.end();
  await proxy.cut();
  broker.stop();
});

test('without a fate everything goes through, and is known to have come', async () => {
  const client = newClient().send(['Produce', 1], ['EndTxn', 2], ['Produce', 3]);
  await client.answers(3);
  expect([broker.did, client.answered]).toEqual([
    [1, 2, 3],
    [1, 2, 3],
  ]);
  expect(client.bodies).toEqual([DONE, DONE, DONE]);
  expect(proxy.asked).toEqual([
    { apiKey: API.Produce, version: 0, times: 2 },
    { apiKey: API.EndTxn, version: 0, times: 1 },
  ]);
  expect((['Produce', 'EndTxn', 'Fetch'] as const).map((api) => proxy.count(api))).toEqual([2, 1, 0]);
});

test('what the broker says of itself leads to the proxy', async () => {
  const client = newClient().send(['Metadata', 1]);
  await client.answers(1);
  expect(client.bodies).toEqual([metadata(proxyPort())]);
});

test('a lost reply: the broker has done it, what came before is answered, and the connection breaks', async () => {
  const { happened } = proxy.next('EndTxn', 'lose-reply');
  const client = newClient().send(['Produce', 1], ['EndTxn', 2], ['Produce', 3]);
  expect(await happened).toBe(true);
  await client.closed;
  expect(broker.did).toContain(2);
  expect(client.answered).toEqual([1]);
});

test('a lost request: the broker has not seen it nor anything behind it', async () => {
  const { happened } = proxy.next('EndTxn', 'lose-request');
  const client = newClient().send(['Produce', 1], ['EndTxn', 2], ['Produce', 3]);
  expect(await happened).toBe(true);
  await client.closed;
  // On another connection, so that whatever the first had sent would be there by now.
  await newClient().send(['Produce', 4]).answers(1);
  expect(broker.did).toContain(4);
  expect(broker.did).not.toContain(2);
  expect(broker.did).not.toContain(3);
});

test('a late request: the connection breaks at once, and after the time it arrives all the same, alone', async () => {
  const { happened } = proxy.next('EndTxn', 'late-request');
  const client = newClient().send(['Produce', 1], ['EndTxn', 2], ['Produce', 3]);
  expect(await happened).toBe(true);
  await client.closed;
  await broker.done(2);
  expect(broker.did).toEqual([1, 2]);
});

test('a kept late request arrives when it is released, and its reply is told', async () => {
  const late = proxy.keep('EndTxn', 'late-request');
  const client = newClient().send(['EndTxn', 1]);
  await late.arrived;
  await client.closed;
  await newClient().send(['EndTxn', 2]).answers(1);
  expect(broker.did).toEqual([2]);
  expect(await late.release()).toEqual(DONE);
  expect(broker.did).toEqual([2, 1]);
});

test('a kept request whose broker is gone says so when it is released', async () => {
  const late = proxy.keep('EndTxn', 'slow-request');
  const client = newClient().send(['EndTxn', 1]);
  await late.arrived;
  broker.stop();
  await client.closed;
  await expect(late.release()).rejects.toThrow('the broker is gone');
});

test('a kept request that the broker does not answer says so', async () => {
  const late = proxy.keep('EndTxn', 'late-request');
  newClient().send(['EndTxn', DEADLY]);
  await expect(late.release()).rejects.toThrow('before it answered');
});

test('a slow request: the client waits, and others overtake it', async () => {
  const slow = proxy.keep('EndTxn', 'slow-request');
  const client = newClient().send(['EndTxn', 1], ['Produce', 2]);
  await slow.arrived;
  await client.answers(1);
  expect([broker.did, client.answered]).toEqual([[2], [2]]);
  expect(await slow.release()).toEqual(DONE);
  await client.answers(2);
  expect([broker.did, client.answered]).toEqual([
    [2, 1],
    [2, 1],
  ]);
});

test('a late reply: the broker has done it, the client waits, and other replies overtake it', async () => {
  const late = proxy.keep('EndTxn', 'late-reply');
  const client = newClient().send(['EndTxn', 1], ['Produce', 2]);
  await late.arrived;
  await client.answers(1);
  expect([broker.did, client.answered]).toEqual([[1, 2], [2]]);
  expect(await late.release()).toEqual(DONE);
  await client.answers(2);
  expect(client.answered).toEqual([2, 1]);
});

test('late without being kept: the reply comes after the time', async () => {
  proxy.next('EndTxn', 'late-reply');
  const client = newClient().send(['EndTxn', 1], ['Produce', 2]);
  await client.answers(2);
  expect(client.answered).toEqual([2, 1]);
});

test('a canned reply: the broker is not asked', async () => {
  const { happened } = proxy.next('EndTxn', Buffer.from('no'));
  const client = newClient().send(['EndTxn', 1], ['EndTxn', 2]);
  await client.answers(2);
  expect(await happened).toBe(true);
  expect(broker.did).toEqual([2]);
  expect([client.answered, client.bodies.map(String)]).toEqual([
    [1, 2],
    ['no', 'done'],
  ]);
});

test('fates of one kind come in the order in which they were made, as often as was said', async () => {
  const { happened } = proxy.next('EndTxn', Buffer.from('one'), 2);
  proxy.next('EndTxn', Buffer.from('two'));
  const client = newClient().send(['EndTxn', 1], ['Produce', 2], ['EndTxn', 3], ['EndTxn', 4], ['EndTxn', 5]);
  expect(await happened).toBe(true);
  await client.answers(5);
  const texts = new Map(client.answered.map((id, at) => [id, String(client.bodies[at])]));
  expect([1, 2, 3, 4, 5].map((id) => texts.get(id))).toEqual(['one', 'done', 'one', 'two', 'done']);
});

test('what is forgotten does not happen', async () => {
  const { happened } = proxy.next('EndTxn', 'lose-reply', 2);
  const first = newClient().send(['EndTxn', 1]);
  await first.closed;
  proxy.forget();
  expect(await happened).toBe(false);
  await newClient().send(['EndTxn', 2]).answers(1);
});

test('a reply that the broker never gave is not the one that was to be lost', async () => {
  const { happened } = proxy.next('EndTxn', 'lose-reply');
  await newClient().send(['EndTxn', DEADLY]).closed;
  const client = newClient().send(['EndTxn', 1]);
  expect(await happened).toBe(true);
  await client.closed;
  expect([broker.did, client.answered]).toEqual([[1], []]);
});

test('a cut: connections break and none can be made, until it is open again on the same port', async () => {
  const before = proxy.brokers;
  const client = newClient().send(['Produce', 1]);
  await client.answers(1);
  await proxy.cut();
  await client.closed;
  const refused = newClient().send(['Produce', 2]);
  await refused.closed;
  await proxy.open();
  expect(proxy.brokers).toEqual(before);
  await newClient().send(['Produce', 3]).answers(1);
  expect(broker.did).toEqual([1, 3]);
});

test.each([[['localhost:9092']], [['127.0.0.1:1', '127.0.0.1:2']], [[]]])('it cannot stand before %j', (brokers) => {
  expect(() => new KafkaProxy(brokers)).toThrow('one broker');
});
