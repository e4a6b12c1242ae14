import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { replies, SHARED_SCHEMAS } from './schemas.ts';

/** OpenAPI 3.1 from the schemas that the routes are checked with, so that it can not tell of another API. Register before the routes. */
export const registerOpenApi = async (app: FastifyInstance, version: string): Promise<void> => {
  for (const schema of SHARED_SCHEMAS) app.addSchema(schema);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'MMM Engine', description: 'Engineering signals in, nudges out, each with its reason.', version },
      components: { securitySchemes: { bearerAuth: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
    },
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) =>
        typeof json['$id'] === 'string' ? json['$id'] : `def-${index}`,
    },
  });
};

export const addOpenApiRoute = (app: FastifyInstance): void => {
  app.get(
    '/v1/mmm/openapi.json',
    {
      schema: {
        summary: 'This document',
        tags: ['service'],
        response: replies({ description: 'OpenAPI 3.1', type: 'object', additionalProperties: true }),
      },
    },
    async () => app.swagger(),
  );
};
