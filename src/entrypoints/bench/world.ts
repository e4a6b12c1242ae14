import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { uuidIds } from '../../adapters/ids/uuid-ids.ts';
import { ensureSigningKey } from '../../adapters/keys/ed25519-signer.ts';
import { createKafkaClients, type KafkaClients } from '../../adapters/kafka/connection.ts';
import { KafkaNames } from '../../adapters/kafka/names.ts';
import { KafkaTopicAdmin } from '../../adapters/kafka/topic-admin.ts';
import type { StackPart } from '../../adapters/local-stack/stack.ts';
import { startStack } from '../../adapters/local-stack/start-stack.ts';
import { removeStack } from '../../adapters/local-stack/stop-stack.ts';
import { Definitions } from '../../adapters/postgres/definitions.ts';
import { openDatabase } from '../../adapters/postgres/database.ts';
import { RegistryCodec } from '../../adapters/registry/record-codec.ts';
import { RegistryClient } from '../../adapters/registry/registry-client.ts';
import { setUpSchemas } from '../../adapters/registry/schema-setup.ts';
import { createConfigRecords } from '../../admin/commands/config-event.ts';
import type { RecordCodec } from '../../pipeline/ports/codec.ts';
import { programEnvironment } from '../../runtime/config.ts';
import { systemClock } from '../composition/process-parts.ts';
import { migrate } from '../composition/store.ts';
import { SILENT_LOGGER } from '../cli/silent-logger.ts';
import { killChildren } from './child.ts';
import { BENCH_PLAYBOOK, BENCH_POLICY } from './definitions.ts';
import { BENCH_TENANT } from './signals.ts';

const NAMESPACE = 'bench.';

/** The servers of one run of the benchmark, set up, in a folder that goes away with it. */
export interface BenchWorld {
  readonly folder: string;
  readonly names: KafkaNames;
  readonly brokers: readonly string[];
  readonly clients: KafkaClients;
  readonly topics: KafkaTopicAdmin;
  /** For `serve`, ports excepted. */
  readonly environment: Readonly<Record<string, string>>;
  /** Roots of the servers' process trees, by name. */
  readonly pids: Readonly<Record<string, number>>;
  close(): Promise<void>;
}

const PARTS: readonly StackPart[] = ['kafka', 'registry', 'redis', 'postgres'];

export const openWorld = async (log: (line: string) => void): Promise<BenchWorld> => {
  const folder = join(tmpdir(), `mmm-bench-${process.pid}`);
  await mkdir(folder, { recursive: true });
  const stack = await startStack({ provider: 'process', dataDir: join(folder, 'stack'), log });
  try {
    const { KAFKA_BOOTSTRAP_SERVERS = '', SCHEMA_REGISTRY_URL = '', REDIS_URL = '', DATABASE_URL = '' } = stack.env;
    const brokers = KAFKA_BOOTSTRAP_SERVERS.split(',');
    const clients = createKafkaClients({ brokers, clientId: 'mmm-bench' }, SILENT_LOGGER);
    const names = new KafkaNames(NAMESPACE);
    const topics = new KafkaTopicAdmin(clients.patient, names);
    await topics.connect();
    await topics.apply();
    await setUpSchemas(new RegistryClient(SCHEMA_REGISTRY_URL), NAMESPACE, { apply: true });
    await migrate(DATABASE_URL, SILENT_LOGGER);
    const registry = new RegistryClient(SCHEMA_REGISTRY_URL);
    await defineTenant(DATABASE_URL, await RegistryCodec.create(registry, NAMESPACE, () => systemClock.monotonicMs()));
    const keyFile = join(folder, 'signing-key.pem');
    ensureSigningKey(keyFile);
    const pids: Record<string, number> = {};
    for (const part of PARTS) {
      const pid = stack.parts[part]?.pid();
      if (pid !== undefined) pids[part] = pid;
    }
    return {
      folder,
      names,
      brokers,
      clients,
      topics,
      pids,
      environment: {
        ...programEnvironment(),
        MMM_BACKEND: 'distributed',
        MMM_NAMESPACE: NAMESPACE,
        MMM_SIGNING_KEY_FILE: keyFile,
        KAFKA_BOOTSTRAP_SERVERS,
        SCHEMA_REGISTRY_URL,
        REDIS_URL,
        DATABASE_URL,
        LOG_LEVEL: 'info',
      },
      close: async () => {
        await topics.close();
        await removeStack(join(folder, 'stack'));
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await removeStack(join(folder, 'stack'));
    throw error;
  }
};

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/** Exit code of a shell's Ctrl-C. */
const BROKEN_OFF = 130;

/** Does the work in a world of its own. The world and what was started in it go away with it, also when it fails or is broken off. */
export const inWorld = async <T>(log: (line: string) => void, work: (world: BenchWorld) => Promise<T>): Promise<T> => {
  const world = await openWorld(log);
  const breakOff = (): void => {
    killChildren();
    void world.close().finally(() => process.exit(BROKEN_OFF));
  };
  for (const signal of SIGNALS) process.once(signal, breakOff);
  try {
    return await work(world);
  } finally {
    for (const signal of SIGNALS) process.off(signal, breakOff);
    killChildren();
    await world.close();
  }
};

export const defineTenant = async (url: string, codec: RecordCodec): Promise<void> => {
  const api = openDatabase({
    url,
    role: 'mmm_api',
    maxConnections: 1,
    applicationName: 'mmm-bench',
    logger: SILENT_LOGGER,
  });
  try {
    const definitions = new Definitions({
      api,
      toRecord: createConfigRecords({ codec, ids: uuidIds, clock: systemClock }),
    });
    await definitions.upsertTenantPolicy(BENCH_TENANT, BENCH_POLICY, 'bench');
    const { version } = await definitions.importPlaybook(BENCH_TENANT, BENCH_PLAYBOOK.id, BENCH_PLAYBOOK, 'bench');
    await definitions.publishPlaybook(BENCH_TENANT, BENCH_PLAYBOOK.id, version, 'bench');
  } finally {
    await api.close();
  }
};
