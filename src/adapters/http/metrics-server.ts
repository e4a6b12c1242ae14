import type { FastifyInstance } from 'fastify';
import { type BaseAppDeps, createBaseApp } from './base-app.ts';
import { type HttpServer, serverOf } from './http-server.ts';
import type { ListenOn } from './listen.ts';

/** What prom-client's Registry offers of itself. */
export interface MetricsRegistry {
  readonly contentType: string;
  metrics(): Promise<string>;
}

export interface MetricsServerDeps extends BaseAppDeps {
  readonly listenOn: ListenOn;
  readonly registry: MetricsRegistry;
}

export const buildMetricsApp = (deps: Omit<MetricsServerDeps, 'listenOn'>): FastifyInstance => {
  const app = createBaseApp(deps);
  for (const path of ['/metrics', '/v1/mmm/metrics']) {
    app.get(path, { schema: { summary: 'Prometheus metrics' } }, async (_request, reply) =>
      reply.type(deps.registry.contentType).send(await deps.registry.metrics()),
    );
  }
  return app;
};

/** Metrics on a port of their own: the public one would tell everyone how much of what happens here (D-19). */
export const createMetricsServer = (deps: MetricsServerDeps): HttpServer =>
  serverOf(async () => buildMetricsApp(deps), deps.listenOn, deps.logger, 'metrics');
