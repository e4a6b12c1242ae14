import type { FastifyInstance } from 'fastify';
import { MmmError } from '../../errors.ts';

/**
 * No route of this app takes longer than this: past it, DEPENDENCY_UNAVAILABLE. Runs from the moment the body is there, so that a slow client is
 * never taken for a slow store. The framework's own `handlerTimeout` does the opposite: it runs while the body arrives and is cancelled once it
 * is read (Node closes the request then), so that a handler that hung was never answered.
 */
export const answerWithin = (app: FastifyInstance, limitMs: number): void => {
  app.addHook('onRoute', (route) => {
    const { handler } = route;
    route.handler = async function (request, reply): Promise<unknown> {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new MmmError('DEPENDENCY_UNAVAILABLE', 'the route took too long')), limitMs);
      });
      try {
        return await Promise.race([handler.call(this, request, reply), late]);
      } finally {
        clearTimeout(timer);
      }
    };
  });
};
