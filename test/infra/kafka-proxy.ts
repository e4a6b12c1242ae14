import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from '../../src/adapters/local-stack/free-ports.ts';
import { API, type ApiName } from './kafka-api-keys.ts';
import { Fates, type Fate, type Kept, type LateFate, type Ordered, type Rule } from './kafka-fates.ts';
import { Frames, bodyOf, correlationIdOf, replyFrame, requestHead, type RequestHead } from './kafka-frames.ts';
import { redirect } from './kafka-redirect.ts';

const HOST = '127.0.0.1';
/** Longer than a session needs to start again. */
const LATE_MS = 3_000;

/** Requests of one kind and version that came. */
export interface Asked {
  readonly apiKey: number;
  readonly version: number;
  readonly times: number;
}

/** A request that the broker has to answer. */
interface Pending {
  readonly head: RequestHead;
  readonly rule: Rule | null;
  /** Of a request that was kept. */
  readonly sent?: PromiseWithResolvers<Buffer>;
}

/** A client's connection and ours to the broker in its stead. */
interface Link {
  readonly near: Socket;
  readonly far: Socket;
  /** By correlation id. */
  readonly pending: Map<number, Pending>;
  /** Correlation ids of requests that outlive the client's connection. */
  readonly late: Set<number>;
}

const sendOn = (socket: Socket, frame: Buffer): void => {
  if (!socket.destroyed) socket.write(frame);
};

/**
 * Stands between clients and the one broker and knows as much of the protocol as it takes to give single requests a fate: a lost reply to "commit" is
 * the one fault that no signal to a process can make. Clients stay with it, because the broker's address is replaced in what the broker says of itself.
 */
export class KafkaProxy {
  readonly #target: number;
  readonly #fates: Fates;
  readonly #sockets = new Set<Socket>();
  /** By kind and version: a chaos run of hours would fill the memory with single requests. */
  readonly #asked = new Map<string, Asked>();
  #server: Server | null = null;
  #port = 0;

  constructor(brokers: readonly string[], lateMs = LATE_MS) {
    const [host, port] = (brokers[0] ?? '').split(':');
    if (brokers.length !== 1 || host !== HOST) throw new Error(`one broker on ${HOST} was expected`);
    this.#target = Number(port);
    this.#fates = new Fates(lateMs);
  }

  /** After a cut on the same port. */
  async open(): Promise<this> {
    if (this.#port === 0) this.#port = await freePort(new Set([this.#target]));
    const server = createServer((near) => this.#join(near));
    server.listen(this.#port, HOST);
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

  get brokers(): string[] {
    return [`${HOST}:${this.#port}`];
  }

  /** What came so far, each kind and version once. */
  get asked(): readonly Asked[] {
    return [...this.#asked.values()];
  }

  count(api: ApiName): number {
    return this.asked.reduce((sum, { apiKey, times }) => (apiKey === API[api] ? sum + times : sum), 0);
  }

  /** The next `times` requests of this kind. What is late comes after the time that the proxy was made with. */
  next(api: ApiName, fate: Fate, times = 1): Ordered {
    return this.#fates.next(api, fate, times);
  }

  /** The next request of this kind or its reply, until it is released. */
  keep(api: ApiName, fate: LateFate): Kept {
    return this.#fates.keep(api, fate);
  }

  /** What was ordered and has not happened will not happen. */
  forget(): void {
    this.#fates.forget();
  }

  #join(near: Socket): void {
    const far = connect(this.#target, HOST);
    const link: Link = { near, far, pending: new Map(), late: new Set() };
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      // A reset is what a cut is; the close that follows is enough to know.
      socket.on('error', () => undefined);
    }
    near.on('close', () => {
      if (link.late.size === 0) far.destroy();
    });
    far.on('close', () => this.#brokerGone(link));
    const [requests, replies] = [new Frames(), new Frames()];
    near.on('data', (chunk: Buffer) => {
      for (const frame of requests.push(chunk)) {
        // What stands behind a request that broke the connection was never read.
        if (near.destroyed) return;
        this.#request(frame, link);
      }
    });
    far.on('data', (chunk: Buffer) => {
      for (const frame of replies.push(chunk)) this.#reply(frame, link);
    });
  }

  #request(frame: Buffer, link: Link): void {
    const head = requestHead(frame);
    this.#note(head);
    const rule = this.#fates.take(head.apiKey);
    const fate = rule?.fate;
    if (Buffer.isBuffer(fate)) {
      sendOn(link.near, replyFrame(head.correlationId, fate));
      rule?.end(true);
    } else if (fate === 'lose-request') {
      link.near.resetAndDestroy();
      rule?.end(true);
    } else if (rule !== null && (fate === 'late-request' || fate === 'slow-request')) {
      if (fate === 'late-request') {
        link.late.add(head.correlationId);
        link.near.resetAndDestroy();
      }
      rule.held(async () => await this.#sendKept(frame, head, link));
      rule.end(true);
    } else {
      link.pending.set(head.correlationId, { head, rule });
      sendOn(link.far, frame);
    }
  }

  async #sendKept(frame: Buffer, head: RequestHead, link: Link): Promise<Buffer> {
    if (link.far.destroyed) throw new Error('the broker is gone');
    const sent = Promise.withResolvers<Buffer>();
    link.pending.set(head.correlationId, { head, rule: null, sent });
    sendOn(link.far, frame);
    return await sent.promise;
  }

  #reply(frame: Buffer, link: Link): void {
    const id = correlationIdOf(frame);
    const asked = link.pending.get(id);
    if (asked === undefined) throw new Error(`the broker answered what nobody asked (correlation id ${id})`);
    link.pending.delete(id);
    const { head, rule, sent } = asked;
    const body = bodyOf(frame);
    redirect(head.apiKey, head.version, body, this.#target, this.#port);
    sent?.resolve(body);
    if (link.late.delete(id) && link.late.size === 0) link.far.destroy();
    if (rule?.fate === 'lose-reply') {
      link.near.resetAndDestroy();
    } else if (rule?.fate === 'late-reply') {
      rule.held(() => {
        sendOn(link.near, frame);
        return Promise.resolve(body);
      });
    } else {
      sendOn(link.near, frame);
    }
    rule?.end(true);
  }

  #brokerGone({ near, pending }: Link): void {
    near.destroy();
    const unanswered = [...pending.values()];
    pending.clear();
    for (const { sent } of unanswered) sent?.reject(new Error('the broker closed the connection before it answered'));
    // A reply that never came was neither lost nor late by our doing.
    this.#fates.giveBack(unanswered.flatMap(({ rule }) => rule ?? []));
  }

  #note({ apiKey, version }: RequestHead): void {
    const key = `${apiKey} ${version}`;
    this.#asked.set(key, { apiKey, version, times: (this.#asked.get(key)?.times ?? 0) + 1 });
  }
}
