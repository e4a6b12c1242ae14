import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Numbers of the Kafka protocol. */
export const API = {
  Produce: 0,
  OffsetCommit: 8,
  InitProducerId: 22,
  AddPartitionsToTxn: 24,
  AddOffsetsToTxn: 25,
  EndTxn: 26,
  TxnOffsetCommit: 28,
} as const;
export type ApiName = keyof typeof API;

/**
 * What happens to the next request of a kind.
 *   lose-reply    the broker does it, nobody is told: the connection breaks when the answer comes
 *   lose-request  the broker never sees it, the connection breaks
 *   late-request  the connection breaks, and the request reaches the broker some seconds later all the same
 */
export type Mishap = 'lose-reply' | 'lose-request' | 'late-request';

const LENGTH_BYTES = 4;
/** Longer than a session needs to start again. */
const LATE_MS = 3_000;

interface Order {
  readonly api: number;
  readonly mishap: Mishap;
  readonly done: () => void;
}

/** Cuts a stream of Kafka messages into whole ones; each keeps its length in front. */
export class Frames {
  #held: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): Buffer[] {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const whole: Buffer[] = [];
    while (this.#held.length >= LENGTH_BYTES) {
      const end = LENGTH_BYTES + this.#held.readInt32BE(0);
      if (this.#held.length < end) break;
      whole.push(this.#held.subarray(0, end));
      this.#held = this.#held.subarray(end);
    }
    return whole;
  }
}

/** Request header, every version: api key, api version, correlation id. */
export const requestHeader = (frame: Buffer): { readonly api: number; readonly correlationId: number } => ({
  api: frame.readInt16BE(LENGTH_BYTES),
  correlationId: frame.readInt32BE(LENGTH_BYTES + 4),
});

const correlationOf = (reply: Buffer): number => reply.readInt32BE(LENGTH_BYTES);

/**
 * The way of the workers to the broker. It understands as much of the protocol as it takes to break a connection at one request: a lost answer to
 * "commit" is the one fault that no signal to a process can make.
 */
export class KafkaWay {
  readonly port: number;
  readonly #brokerPort: number;
  readonly #lateMs: number;
  readonly #sockets = new Set<Socket>();
  readonly #orders: Order[] = [];
  #server: Server | null = null;

  /** `brokerPort` is the listener that advertises `port`. */
  constructor(port: number, brokerPort: number, lateMs = LATE_MS) {
    this.port = port;
    this.#brokerPort = brokerPort;
    this.#lateMs = lateMs;
  }

  async open(): Promise<this> {
    const server = createServer((near) => this.#join(near));
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    this.#server = server;
    return this;
  }

  /** Connections are reset and new ones refused. */
  async cut(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }

  /** Resolves when it has happened to a request of this kind. */
  async next(api: ApiName, mishap: Mishap): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#orders.push({ api: API[api], mishap, done: resolve });
    await promise;
  }

  /** What was ordered and never came is not waited for any more. */
  forget(): void {
    for (const { done } of this.#orders.splice(0)) done();
  }

  #join(near: Socket): void {
    const far = connect(this.#brokerPort, '127.0.0.1');
    const ends = { near, far, stillSending: false };
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      this.#sockets.add(socket);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        near.destroy();
        if (!ends.stillSending) far.destroy();
      });
      // A reset is what a cut is; the close that follows is enough to know.
      socket.on('error', () => undefined);
    }
    const requests = new Frames();
    const replies = new Frames();
    const loseReplyTo = new Map<number, () => void>();
    near.on('data', (chunk: Buffer) => {
      for (const frame of requests.push(chunk)) {
        const { api, correlationId } = requestHeader(frame);
        const order = this.#take(api);
        if (order === null) far.write(frame);
        else if (order.mishap === 'lose-reply') {
          loseReplyTo.set(correlationId, order.done);
          far.write(frame);
        } else {
          this.#break(ends, order.mishap === 'late-request' ? frame : null);
          order.done();
          return;
        }
      }
    });
    far.on('data', (chunk: Buffer) => {
      for (const frame of replies.push(chunk)) {
        const done = loseReplyTo.get(correlationOf(frame));
        if (done !== undefined) {
          this.#break(ends, null);
          done();
          return;
        }
        near.write(frame);
      }
    });
  }

  #take(api: number): Order | null {
    const at = this.#orders.findIndex((order) => order.api === api);
    return at < 0 ? null : this.#orders.splice(at, 1)[0]!;
  }

  #break(ends: { near: Socket; far: Socket; stillSending: boolean }, late: Buffer | null): void {
    ends.stillSending = late !== null;
    ends.near.resetAndDestroy();
    if (late === null) {
      ends.far.destroy();
      return;
    }
    setTimeout(() => {
      ends.stillSending = false;
      ends.far.end(late);
    }, this.#lateMs).unref();
  }
}
