import { devTokensRefused, openDevTokens } from '../../adapters/http/dev-tokens.ts';
import { createHttpServer, type HttpServer } from '../../adapters/http/http-server.ts';
import { createMetricsServer } from '../../adapters/http/metrics-server.ts';
import { fileTokenKeys, localTokenKeys, remoteTokenKeys } from '../../adapters/http/token-keys.ts';
import { createTokenVerifier, type VerifyToken } from '../../adapters/http/verify-token.ts';
import { randomId, uuidIds } from '../../adapters/ids/uuid-ids.ts';
import { PostgresDecisionReader } from '../../adapters/postgres/queries.ts';
import { createReadiness } from '../../runtime/health.ts';
import type { Engine } from './engine.ts';
import { ENGINE_VERSION, type ProcessParts } from './process-parts.ts';

/** Null: no keys are configured, so the API serves its public routes and answers 401 elsewhere (interface 8). */
export const tokenVerifierOf = ({ config, logger, clock }: ProcessParts): VerifyToken | null => {
  const { jwksUrl, jwksFile, issuer, audience } = config.jwt;
  const common = { audience, logger, now: () => clock.now() };
  if (jwksUrl !== null) return createTokenVerifier({ ...common, keys: remoteTokenKeys(jwksUrl), issuer: issuer ?? '' });
  if (jwksFile !== null) return createTokenVerifier({ ...common, keys: fileTokenKeys(jwksFile), issuer: issuer ?? '' });
  const place = { backend: config.backend, host: config.http.host, hasKeySet: false };
  if (devTokensRefused(place) !== null) return null;
  const tokens = openDevTokens(config.dataDir, place);
  return createTokenVerifier({ ...common, keys: localTokenKeys(tokens.keys), issuer: tokens.issuer });
};

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
