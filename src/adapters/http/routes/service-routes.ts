import type { FastifyInstance } from 'fastify';
import { MmmError } from '../../../errors.ts';
import type { Clock } from '../../../pipeline/ports/clock.ts';
import { errorAnswer, RETRY_AFTER_S } from '../error-reply.ts';
import { replies } from '../schemas.ts';

export interface ServiceRoutesDeps {
  readonly ready: () => Promise<boolean>;
  readonly clock: Clock;
}

const status = (word: string): object => ({
  description: word,
  type: 'object',
  required: ['status'],
  properties: { status: { type: 'string', enum: [word] } },
});

/** Public, and so without detail: what is away is in the log, not here. Health: the process answers. Ready: its stores do too. */
export const addServiceRoutes = (app: FastifyInstance, deps: ServiceRoutesDeps): void => {
  app.get(
    '/v1/mmm/health',
    { schema: { summary: 'The process is there', tags: ['service'], response: replies(status('ok')) } },
    async () => ({ status: 'ok' }),
  );
  app.get(
    '/v1/mmm/ready',
    { schema: { summary: 'The process can do its work', tags: ['service'], response: replies(status('ready'), 503) } },
    async (request, reply) => {
      if (await deps.ready()) return { status: 'ready' };
      const { body } = errorAnswer(new MmmError('DEPENDENCY_UNAVAILABLE'), request.id, deps.clock.now());
      // Not thrown: a probe that fails is no event of its own, and there is one every few seconds.
      return reply
        .code(503)
        .header('retry-after', String(RETRY_AFTER_S))
        .send({ status: 'not_ready', ...body });
    },
  );
};
