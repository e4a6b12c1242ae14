import { createHttpServer, type HttpServer } from '../../adapters/http/http-server.ts';
import { createMetricsServer } from '../../adapters/http/metrics-server.ts';
import type { VerifyToken } from '../../adapters/http/verify-token.ts';
import { randomId, uuidIds } from '../../adapters/ids/uuid-ids.ts';
import { PostgresDecisionReader } from '../../adapters/postgres/queries.ts';
import { createReadiness } from '../../runtime/health.ts';
import type { Engine } from './engine.ts';
import { ENGINE_VERSION, type ProcessParts } from './process-parts.ts';

/** The API with everything it asks, and the metrics on their own port. Nothing listens yet. */
export const httpServersOf = (
  parts: ProcessParts,
  engine: Engine,
  verifyToken: VerifyToken | null,
): { api: HttpServer; metrics: HttpServer } => {
  const { config, clock, logger, metrics } = parts;
  const readiness = createReadiness(engine.checks, { clock, logger });
  const base = { clock, logger, randomId };
  return {
    api: createHttpServer({
      ...base,
      version: ENGINE_VERSION,
      listenOn: { ...config.http, portVariable: 'MMM_HTTP_PORT' },
      ready: async () => (await readiness()).ready,
      verifyToken,
      normalise: engine.normaliser.normalise,
      codec: engine.codec,
      writer: engine.log.writer,
      metrics,
      decideNow: (signal, budgetMs) => engine.decideNow(signal, budgetMs),
      ids: uuidIds,
      reader: new PostgresDecisionReader(engine.store.api),
    }),
    metrics: createMetricsServer({
      ...base,
      listenOn: { host: config.metrics.host, port: config.metrics.port, portVariable: 'MMM_METRICS_PORT' },
      registry: metrics.registry,
    }),
  };
};
