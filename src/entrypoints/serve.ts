import { configuredVerifier } from '../adapters/http/configured-verifier.ts';
import { openDevTokens } from '../adapters/http/dev-tokens.ts';
import type { Config } from '../runtime/config.ts';
import { tuneGarbageCollection } from '../runtime/garbage-collection.ts';
import { Lifecycle } from '../runtime/lifecycle.ts';
import type { CliIo } from './cli/command.ts';
import { applyTenants, DEMO_TENANTS } from './composition/apply-tenants.ts';
import { changing } from './composition/changing-store.ts';
import { type Engine, openEngine, type Role } from './composition/engine.ts';
import { openEngineLog } from './composition/engine-log.ts';
import { httpServersOf } from './composition/http.ts';
import { keepMaintained } from './composition/maintenance.ts';
import { type ProcessParts, processParts } from './composition/process-parts.ts';
import { orderedEnd } from './ordered-end.ts';
import { welcome } from './welcome.ts';

/**
 * Runs the engine until a signal or a fault ends it. Answers the exit code. Parts start in order and stop in reverse (style 10). `openLog` is the
 * seam for another log, or for one with something around it.
 */
export const serve = async (
  config: Config,
  roles: ReadonlySet<Role>,
  io: CliIo,
  openLog: typeof openEngineLog = openEngineLog,
): Promise<number> => {
  tuneGarbageCollection();
  const parts = processParts(config);
  const lifecycle = new Lifecycle(parts.logger);
  const end = orderedEnd(parts.logger, lifecycle);
  sayWhatIsOff(parts);
  try {
    const engine = await openEngine(parts, roles, end.onFailed, openLog);
    try {
      addParts(lifecycle, parts, engine, roles, io);
    } catch (error) {
      await engine.close();
      throw error;
    }
    await Promise.race([lifecycle.start(), end.code]);
    const code = await end.code;
    await lifecycle.stop();
    return code;
  } finally {
    end.finished();
  }
};

/** Interface 8: a neighbour that is not asked is said to be off, and so is a setting that changes nothing. */
const sayWhatIsOff = ({ config, logger }: ProcessParts): void => {
  logger.info('neighbours_off', { policy_source: 'local', identity_source: 'local', context_source: 'none' });
  if (config.withoutEffect.length > 0) logger.warn('variables_without_effect', { names: config.withoutEffect });
};

const addParts = (
  lifecycle: Lifecycle,
  parts: ProcessParts,
  engine: Engine,
  roles: ReadonlySet<Role>,
  io: CliIo,
): void => {
  const { config, logger } = parts;
  const { verifyToken, said } = configuredVerifier({
    jwt: config.jwt,
    backend: config.backend,
    host: config.http.host,
    dataDir: config.dataDir,
    logger,
    now: () => parts.clock.now(),
  });
  const servers = httpServersOf(parts, engine, verifyToken);
  const store = changing(engine.store, engine.codec);
  let stopMaintenance = (): void => {};
  const urls = { api: null as string | null, metrics: null as string | null };

  lifecycle.add(
    'engine',
    () => Promise.resolve(),
    () => engine.close(),
  );
  lifecycle.add(
    'demo tenant',
    async () => {
      if (config.backend !== 'embedded') return;
      for (const { refused } of await applyTenants(store, DEMO_TENANTS, 'npm start'))
        if (refused.length > 0) logger.warn('starter_playbooks_refused', { findings: refused });
    },
    () => Promise.resolve(),
  );
  lifecycle.add(
    'metrics',
    async () => void (urls.metrics = (await servers.metrics.start()).url),
    () => servers.metrics.stop(),
  );
  // Before the pipeline: joining the group may take the session timeout of a worker that was killed, and health has to answer meanwhile. Stopped after
  // it: what is decided for a caller while the sessions end waits in the outbox for the next owner.
  if (roles.has('api')) {
    lifecycle.add(
      'http',
      async () => void (urls.api = (await servers.api.start()).url),
      () => servers.api.stop(),
    );
  }
  lifecycle.add(
    'pipeline',
    () => engine.pipeline.start(),
    () => engine.pipeline.stop(),
  );
  lifecycle.add(
    'maintenance',
    async () => void (stopMaintenance = keepMaintained(engine.log, store, parts.metrics, logger)),
    async () => stopMaintenance(),
  );
  lifecycle.add(
    'welcome',
    async () => {
      if (roles.has('api')) logger.info('tokens', { said });
      for (const line of await welcome({ config, urls, issueToken: () => developmentToken(parts) })) io.out(line);
    },
    () => Promise.resolve(),
  );
};

/** Null where there are none: a token printed on a real installation would be a hole. */
const developmentToken = async ({ config, clock }: ProcessParts): Promise<string | null> => {
  if (config.backend !== 'embedded' || config.jwt.jwksFile !== null || config.jwt.jwksUrl !== null) return null;
  try {
    const tokens = openDevTokens(config.dataDir, { backend: config.backend, host: config.http.host, hasKeySet: false });
    return await tokens.issue({
      tenantId: 'demo',
      subject: 'dev1',
      roles: ['tenant_admin'],
      scopes: ['mmm.decide', 'mmm.read', 'mmm.outcome'],
      audience: config.jwt.audience,
      issuedAtMs: clock.now(),
      hours: 8,
    });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'FORBIDDEN') return null;
    throw error;
  }
};
