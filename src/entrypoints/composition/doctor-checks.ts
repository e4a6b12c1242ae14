import { existsSync } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { engineRunsOn } from '../../adapters/embedded/engine-lock.ts';
import { answersLikeOurs, portIsFree } from '../../adapters/http/probe.ts';
import { loadSigningKey } from '../../adapters/keys/ed25519-signer.ts';
import { type Check, check } from '../../admin/queries/run-checks.ts';
import { MmmError } from '../../errors.ts';
import type { Config } from '../../runtime/config.ts';
import { databaseChecks } from './doctor-database.ts';
import { distributedChecks } from './doctor-distributed.ts';

/** What the pinned Node must be: the sources run by its type stripping. */
const NODE_MIN = 24;

export interface Doctor {
  readonly checks: readonly Check[];
  close(): Promise<void>;
}

/** Everything an engine with this environment stands on, in the order in which it would be met. Changes nothing. `config` throws CONFIG_INVALID. */
export const openDoctor = (config: () => Config): Doctor => {
  const database = databaseChecks(config);
  const distributed = distributedChecks(config, database.storedPartitions);
  return {
    checks: [
      ...ownChecks(config),
      ...database.checks,
      ...(isEmbedded(config) ? [] : distributed.checks),
      ...portChecks(config),
    ],
    close: async () => {
      await distributed.close();
      await database.close();
    },
  };
};

/** False also for a configuration that is not valid: its own check says so, and what depends on it is shown as not looked at. */
const isEmbedded = (config: () => Config): boolean => {
  try {
    return config().backend === 'embedded';
  } catch (error) {
    if (error instanceof MmmError) return false;
    throw error;
  }
};

const ownChecks = (config: () => Config): readonly Check[] => [
  check('node', [], nodeVersion),
  check('configuration', [], async () => {
    const { backend, namespace } = config();
    return `${backend}${namespace === '' ? '' : `, namespace ${namespace}`}`;
  }),
  check('data folder', ['configuration'], () => dataFolder(config())),
  check('signing key', ['configuration'], () => signingKey(config())),
];

const portChecks = (config: () => Config): readonly Check[] => [
  check('http port', ['configuration'], () => httpPort(config())),
  check('metrics port', ['configuration'], () => metricsPort(config())),
];

const nodeVersion = async (): Promise<string> => {
  const { node } = process.versions;
  if (Number(node.split('.')[0]) >= NODE_MIN) return node;
  throw new MmmError(
    'PREREQUISITE_MISSING',
    `this is Node ${node}; the engine needs ${NODE_MIN} (run it through npx mmm)`,
  );
};

const dataFolder = async ({ backend, dataDir }: Config): Promise<string> => {
  if (backend === 'distributed') return 'not used with MMM_BACKEND=distributed';
  const folder = resolve(dataDir);
  if (!existsSync(folder)) return `${folder} (the first start makes it)`;
  await access(folder, constants.W_OK).catch(() => {
    throw new MmmError('PREREQUISITE_MISSING', `${folder} can not be written; set MMM_DATA_DIR or mend its owner`);
  });
  return `${folder}${(await engineRunsOn(dataDir)) ? ', an engine runs on it' : ''}`;
};

const signingKey = async ({ backend, dataDir, signing }: Config): Promise<string> => {
  const own = join(dataDir, 'signing-key.pem');
  if (signing.keyFile === null && backend === 'embedded' && !existsSync(own)) return 'the first start makes one';
  const file = signing.keyFile ?? (backend === 'embedded' ? own : null);
  return `${file ?? ''}, key id ${loadSigningKey(file, signing.kid).kid}`;
};

const httpPort = async ({ http }: Config): Promise<string> => {
  const at = `${http.host}:${http.port}`;
  if (await portIsFree(http.host, http.port)) return `${at} is free`;
  if (await answersLikeOurs(http.host, http.port, '/v1/mmm/health')) return `${at}: an MMM Engine answers there`;
  throw new MmmError('PORT_IN_USE', `${at} is taken by another program; set MMM_HTTP_PORT`);
};

const metricsPort = async ({ metrics }: Config): Promise<string> => {
  const at = `${metrics.host}:${metrics.port}`;
  if (await portIsFree(metrics.host, metrics.port)) return `${at} is free`;
  if (await answersLikeOurs(metrics.host, metrics.port, '/v1/mmm/metrics'))
    return `${at}: the metrics of an MMM Engine answer there`;
  throw new MmmError('PORT_IN_USE', `${at} is taken by another program; set MMM_METRICS_PORT`);
};
