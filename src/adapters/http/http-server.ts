import type { FastifyInstance } from 'fastify';
import type { Logger } from '../../pipeline/ports/logger.ts';
import { type BaseAppDeps, createBaseApp } from './base-app.ts';
import { listen, type ListenOn, stopApp } from './listen.ts';
import { addOpenApiRoute, registerOpenApi } from './openapi.ts';
import { addDecideRoute, type DecideRouteDeps } from './routes/decide-route.ts';
import { addDecisionsRoutes, type DecisionsRoutesDeps } from './routes/decisions-routes.ts';
import { addServiceRoutes, type ServiceRoutesDeps } from './routes/service-routes.ts';
import { addSignalsRoute, type SignalsRouteDeps } from './routes/signals-route.ts';

export interface HttpAppDeps
  extends BaseAppDeps, ServiceRoutesDeps, SignalsRouteDeps, DecideRouteDeps, DecisionsRoutesDeps {
  readonly version: string;
}

export interface HttpServerDeps extends HttpAppDeps {
  readonly listenOn: ListenOn;
}

export interface HttpServer {
  /** Throws PORT_IN_USE. */
  start(): Promise<{ readonly url: string }>;
  /** Takes nothing new, answers what it has taken, closes. */
  stop(): Promise<void>;
}

/** The API of interface 6, without a socket. `verifyToken` null: no keys are configured, so only the public routes answer. */
export const buildHttpApp = async (deps: HttpAppDeps): Promise<FastifyInstance> => {
  const app = createBaseApp(deps);
  await registerOpenApi(app, deps.version);
  addServiceRoutes(app, deps);
  addSignalsRoute(app, deps);
  addDecideRoute(app, deps);
  addDecisionsRoutes(app, deps);
  addOpenApiRoute(app);
  return app;
};

/** Build and listen are two things: a test needs the first alone, and a taken port must not cost the second start its routes. */
export const createHttpServer = (deps: HttpServerDeps): HttpServer =>
  serverOf(() => buildHttpApp(deps), deps.listenOn, deps.logger, 'http');

/** A server around an app that is built at start. */
export const serverOf = (
  build: () => Promise<FastifyInstance>,
  on: ListenOn,
  logger: Logger,
  name: string,
): HttpServer => {
  let app: FastifyInstance | null = null;
  return {
    start: async () => {
      const built = await build();
      const url = await listen(built, on);
      app = built;
      logger.info(`${name}_listening`, { address: url });
      return { url };
    },
    stop: async () => {
      const running = app;
      app = null;
      if (running !== null) await stopApp(running);
    },
  };
};
