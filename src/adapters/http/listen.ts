import type { FastifyInstance } from 'fastify';
import { MmmError } from '../../errors.ts';

export interface ListenOn {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** For the message of PORT_IN_USE. */
  readonly portVariable: string;
}

/** Answers the base address. Throws PORT_IN_USE. */
export const listen = async (app: FastifyInstance, on: ListenOn): Promise<string> => {
  try {
    return await app.listen({ host: on.host, port: on.port });
  } catch (error) {
    await app.close();
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new MmmError('PORT_IN_USE', `port ${on.port} of ${on.host} is taken; set ${on.portVariable}`);
  }
};

/** A synchronous decision may wait 2.5 s for its commit; what is still open after this is a client that does not read or send. */
const DRAIN_MS = 4_000;

export const stopApp = async (app: FastifyInstance): Promise<void> => {
  const hard = setTimeout(() => app.server.closeAllConnections(), DRAIN_MS);
  try {
    await app.close();
  } finally {
    clearTimeout(hard);
  }
};
