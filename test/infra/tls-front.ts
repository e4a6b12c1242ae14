import { once } from 'node:events';
import { request } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, TLSSocket } from 'node:tls';
import type { Identity } from './certificates.ts';

/** A TLS entrance on the loopback to a server without one, as a proxy of a platform is. */
export interface TlsFront {
  readonly port: number;
  close(): Promise<void>;
}

/** PostgreSQL's SSLRequest: its length and its number (protocol 3.0, message formats). */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

const opened = async (server: Server): Promise<TlsFront> => {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
};

const join = (near: Socket, target: URL): void => {
  const far = connect({ host: target.hostname, port: Number(target.port) });
  for (const [one, other] of [
    [near, far],
    [far, near],
  ] as const) {
    one.on('error', () => other.destroy());
    one.on('close', () => other.destroy());
    one.pipe(other);
  }
};

/** TLS from the first byte, as Redis has it. */
export const tlsFront = async (target: string, identity: Identity): Promise<TlsFront> =>
  await opened(createTlsServer({ ...identity }, (near) => join(near, new URL(target))));

/** TLS after PostgreSQL's question for it; who does not ask is hung up on. */
export const postgresTlsFront = async (target: string, identity: Identity): Promise<TlsFront> =>
  await opened(
    createServer((socket) => {
      socket.once('data', (first) => {
        if (!SSL_REQUEST.equals(first)) {
          socket.destroy();
          return;
        }
        socket.write('S');
        join(new TLSSocket(socket, { isServer: true, ...identity }), new URL(target));
      });
    }),
  );

/** HTTPS that lets nobody through but the user. `user` as `name:password`. */
export const httpsFront = async (target: string, identity: Identity, user: string): Promise<TlsFront> => {
  const wanted = `Basic ${Buffer.from(user).toString('base64')}`;
  const server = createHttpsServer({ ...identity }, (near, answer) => {
    if (near.headers.authorization !== wanted) {
      answer.writeHead(401).end();
      return;
    }
    const { hostname, port } = new URL(target);
    const { method, url: path, headers } = near;
    const far = request({ hostname, port, method, path, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    far.on('error', () => answer.destroy());
    near.pipe(far);
  });
  return await opened(server);
};
