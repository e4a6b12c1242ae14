import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** Kafka api keys, by the protocol's own names. */
export const API = {
  produce: 0,
  listOffsets: 2,
  metadata: 3,
  offsetFetch: 9,
  findCoordinator: 10,
  initProducerId: 22,
  addPartitionsToTxn: 24,
  addOffsetsToTxn: 25,
  endTxn: 26,
  txnOffsetCommit: 28,
} as const;
export type Api = keyof typeof API;

/**
 * What becomes of one request:
 * - `lose-request`  it never reaches the broker, and the client's connection ends
 * - `lose-reply`    the broker has done it, and the client's connection ends in place of its reply
 * - `late-request`  the client's connection ends now; the broker gets the request when the test says so
 * - `slow-request`  the same, and the client waits
 * - `late-reply`    the reply is kept until the test says so; other replies overtake it
 * - bytes           the broker is not asked: this is the reply's body
 */
export type Fate = 'lose-request' | 'lose-reply' | 'late-request' | 'slow-request' | 'late-reply' | Buffer;

/** A kept request or reply. */
export interface Kept {
  /** Resolves when it is there. */
  readonly arrived: Promise<void>;
  /** Sends it on and resolves with the body of the broker's reply. */
  release(): Promise<Buffer>;
}

export interface Asked {
  readonly api: Api | null;
  readonly apiKey: number;
  readonly version: number;
}

interface Rule {
  readonly apiKey: number;
  readonly fate: Fate;
  readonly kept: PromiseWithResolvers<() => Promise<Buffer>>;
}

interface Pending {
  readonly apiKey: number;
  readonly rule: Rule | undefined;
  /** Of a request that was sent on by the test. */
  readonly tell?: (body: Buffer) => void;
}

const HOST = '127.0.0.1';
/** Size, then the frame: api key, version and correlation id of a request; the correlation id of a reply. */
const SIZE_BYTES = 4;
const CORRELATION_AT = 4;

/** Cuts a stream into Kafka's frames. */
function frames(socket: Socket, onFrame: (frame: Buffer) => void): void {
  let held = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    while (held.length >= SIZE_BYTES) {
      const end = SIZE_BYTES + held.readInt32BE(0);
      if (held.length < end) return;
      const frame = held.subarray(SIZE_BYTES, end);
      held = held.subarray(end);
      onFrame(frame);
    }
  });
}

function write(socket: Socket, frame: Buffer): void {
  if (socket.destroyed) return;
  const size = Buffer.alloc(SIZE_BYTES);
  size.writeInt32BE(frame.length);
  socket.write(Buffer.concat([size, frame]));
}

/** A broker's address as the protocol writes it. */
function wireAddress(port: number): Buffer {
  const bytes = Buffer.alloc(2 + HOST.length + 4);
  bytes.writeInt16BE(HOST.length);
  bytes.write(HOST, 2);
  bytes.writeInt32BE(port, 2 + HOST.length);
  return bytes;
}

/**
 * Stands between clients and the one broker, knows Kafka's frames, and gives single requests the fate that a test asks for. Clients stay with it: the
 * broker's own address is replaced in what the broker says of the cluster.
 */
export class LossyProxy {
  /** Every request that came, in order. */
  readonly asked: Asked[] = [];
  readonly #rules: Rule[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #target: number;
  #server: Server | null = null;
  #port = 0;

  constructor(brokers: readonly string[]) {
    const [host, port] = (brokers[0] ?? '').split(':');
    if (brokers.length !== 1 || host !== HOST) throw new Error(`one broker on ${HOST} was expected`);
    this.#target = Number(port);
  }

  async open(): Promise<this> {
    const server = createServer((near) => this.#join(near));
    server.listen(0, HOST);
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
    return this;
  }

  async close(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  get brokers(): string[] {
    return [`${HOST}:${this.#port}`];
  }

  count(api: Api): number {
    return this.asked.filter((request) => request.api === api).length;
  }

  /** The next `times` requests of this kind. Rules of one kind are used up in the order in which they were made. */
  next(api: Api, fate: Fate, times = 1): void {
    for (let i = 0; i < times; i++) {
      this.#rules.push({ apiKey: API[api], fate, kept: Promise.withResolvers() });
    }
  }

  keep(api: Api, fate: 'late-request' | 'slow-request' | 'late-reply'): Kept {
    const kept = Promise.withResolvers<() => Promise<Buffer>>();
    this.#rules.push({ apiKey: API[api], fate, kept });
    return { arrived: kept.promise.then(() => undefined), release: async () => (await kept.promise)() };
  }

  #take(apiKey: number): Rule | undefined {
    const at = this.#rules.findIndex((rule) => rule.apiKey === apiKey);
    return at < 0 ? undefined : this.#rules.splice(at, 1)[0];
  }

  #join(near: Socket): void {
    const far = connect({ host: HOST, port: this.#target });
    const pending = new Map<number, Pending>();
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('close', () => this.#sockets.delete(socket));
      // The close that follows says enough.
      socket.on('error', () => undefined);
    }
    near.on('close', () => {
      // Whoever sent a request on late still waits for its reply.
      if (![...pending.values()].some(({ rule }) => rule?.fate === 'late-request')) far.destroy();
    });
    far.on('close', () => near.destroy());
    frames(near, (frame) => this.#request(frame, near, far, pending));
    frames(far, (frame) => this.#reply(frame, near, pending));
  }

  #request(frame: Buffer, near: Socket, far: Socket, pending: Map<number, Pending>): void {
    const [apiKey, version, id] = [frame.readInt16BE(0), frame.readInt16BE(2), frame.readInt32BE(CORRELATION_AT)];
    const api = (Object.keys(API) as Api[]).find((name) => API[name] === apiKey) ?? null;
    this.asked.push({ api, apiKey, version });
    const rule = this.#take(apiKey);
    const fate = rule?.fate;
    if (Buffer.isBuffer(fate)) {
      const head = Buffer.alloc(4);
      head.writeInt32BE(id);
      write(near, Buffer.concat([head, fate]));
    } else if (fate === 'lose-request') {
      near.destroy();
    } else if (fate === 'late-request' || fate === 'slow-request') {
      pending.set(id, { apiKey, rule });
      rule?.kept.resolve(async () => {
        const { promise, resolve } = Promise.withResolvers<Buffer>();
        pending.set(id, { apiKey, rule, tell: resolve });
        write(far, frame);
        return promise;
      });
      if (fate === 'late-request') near.destroy();
    } else {
      pending.set(id, { apiKey, rule });
      write(far, frame);
    }
  }

  #reply(frame: Buffer, near: Socket, pending: Map<number, Pending>): void {
    const id = frame.readInt32BE(0);
    const asked = pending.get(id);
    pending.delete(id);
    const body = frame.subarray(4);
    asked?.tell?.(body);
    if (asked?.rule?.fate === 'lose-reply') {
      near.destroy();
    } else if (asked?.rule?.fate === 'late-reply') {
      asked.rule.kept.resolve(async () => {
        write(near, frame);
        return Promise.resolve(body);
      });
    } else {
      if (asked?.apiKey === API.metadata || asked?.apiKey === API.findCoordinator) this.#redirect(frame);
      write(near, frame);
    }
  }

  /** Same length, so that it can be done in place. */
  #redirect(frame: Buffer): void {
    const [from, to] = [wireAddress(this.#target), wireAddress(this.#port)];
    for (let at = frame.indexOf(from); at >= 0; at = frame.indexOf(from, at + to.length)) to.copy(frame, at);
  }
}
