import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A way to a server that can be cut, restored and slowed while the server itself runs on. */
export class TcpProxy {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;
  #port = 0;
  #delayMs = 0;

  constructor(target: URL) {
    this.#target = { host: target.hostname, port: Number(target.port) };
  }

  async open(): Promise<this> {
    const server = createServer((near) => this.#join(near));
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as { port: number }).port;
    this.#server = server;
    return this;
  }

  /** Connections are reset and new ones refused. */
  async cut(): Promise<void> {
    const closed = once(this.#server!, 'close');
    this.#server!.close();
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }

  /** Every answer of the server comes this much later. */
  slow(delayMs: number): void {
    this.#delayMs = delayMs;
  }

  /** `url` with the proxy's address in place of the server's. */
  through(url: string): string {
    const changed = new URL(url);
    changed.host = `127.0.0.1:${this.#port}`;
    return changed.toString().replace(/\/$/, '');
  }

  #join(near: Socket): void {
    const far = connect(this.#target);
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
      // A reset is what a cut is; the close that follows is enough to know.
      socket.on('error', () => undefined);
    }
    near.on('data', (chunk) => far.write(chunk));
    far.on('data', (chunk) => {
      if (this.#delayMs === 0) near.write(chunk);
      else setTimeout(() => near.write(chunk), this.#delayMs);
    });
  }
}
