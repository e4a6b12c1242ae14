import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import pg from 'pg';
import { createKafkaClients } from '../../../src/adapters/kafka/connection.ts';
import { KafkaNames } from '../../../src/adapters/kafka/names.ts';
import { KafkaTopicAdmin } from '../../../src/adapters/kafka/topic-admin.ts';
import { Definitions } from '../../../src/adapters/postgres/definitions.ts';
import { RegistryClient } from '../../../src/adapters/registry/registry-client.ts';
import { setUpSchemas } from '../../../src/adapters/registry/schema-setup.ts';
import { SILENT_LOGGER } from '../../../src/entrypoints/cli/silent-logger.ts';
import { applyTenants } from '../../../src/entrypoints/composition/apply-tenants.ts';
import { openChangingStore } from '../../../src/entrypoints/composition/changing-store.ts';
import { migrate } from '../../../src/entrypoints/composition/store.ts';
import type { TopicName } from '../../../src/generated/topics.ts';
import { loadConfig } from '../../../src/runtime/config.ts';
import { createDatabase, dropDatabase, testStack, type TestStack, uniqueName } from '../../infra/stack.ts';
import { EngineProcess, type EngineOptions } from './engine-process.ts';
import { EVERY_SIGNAL, TENANTS } from './tenants.ts';

const ISSUER = 'test-issuer';
const KID = 'e2e';

/** One installation on real servers, set up as an operator does it: topics, schemas, database, tenants, keys. */
export interface Installation {
  readonly namespace: string;
  readonly env: Readonly<Record<string, string>>;
  readonly addresses: TestStack['env'];
  readonly brokers: string[];
  readonly receiptKey: KeyObject;
  readonly database: pg.Pool;
  topic(name: TopicName): string;
  token(tenantId: string, subject: string, roles?: readonly string[]): Promise<string>;
  start(options?: Partial<EngineOptions>): EngineProcess;
  /** Kills what was started here and still runs, and drops the database. */
  remove(): Promise<void>;
}

export const install = async (addresses: TestStack['env'] = testStack().env): Promise<Installation> => {
  const databaseName = uniqueName('test_e2e');
  const namespace = `${databaseName.replaceAll('_', '-')}.`;
  const folder = await mkdtemp(join(tmpdir(), 'mmm-e2e-'));
  const databaseUrl = await createDatabase(databaseName, addresses.DATABASE_URL);
  const receipts = generateKeyPairSync('ed25519');
  const tokens = generateKeyPairSync('ed25519');
  const jwk = { ...tokens.publicKey.export({ format: 'jwk' }), kid: KID, alg: 'EdDSA', use: 'sig' };
  await writeFile(join(folder, 'receipts.pem'), receipts.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  await writeFile(join(folder, 'jwks.json'), JSON.stringify({ keys: [jwk] }));
  await writeFile(join(folder, 'tenants.yaml'), JSON.stringify(TENANTS));

  const env = {
    ...addresses,
    DATABASE_URL: databaseUrl,
    MMM_BACKEND: 'distributed',
    MMM_NAMESPACE: namespace,
    MMM_HTTP_PORT: '0',
    MMM_METRICS_PORT: '0',
    MMM_SIGNING_KEY_FILE: join(folder, 'receipts.pem'),
    MMM_SIGNING_KID: KID,
    MMM_JWKS_FILE: join(folder, 'jwks.json'),
    MMM_JWT_ISSUER: ISSUER,
  };
  await setUp(env, namespace, join(folder, 'tenants.yaml'));
  const started: EngineProcess[] = [];
  const database = new pg.Pool({ connectionString: databaseUrl, max: 2, options: '-c role=mmm_pipeline' });
  // The owner itself sees no row: row level security is forced.
  // A server that is killed on purpose ends idle connections; the next query tells if it matters.
  database.on('error', () => undefined);
  return {
    namespace,
    env,
    addresses,
    brokers: addresses.KAFKA_BOOTSTRAP_SERVERS.split(','),
    receiptKey: receipts.publicKey,
    database,
    topic: (name) => namespace + name,
    token: async (tenantId, subject, roles = []) =>
      await new SignJWT({ tenant_id: tenantId, roles: [...roles], scope: 'mmm.decide mmm.read mmm.outcome' })
        .setProtectedHeader({ alg: 'EdDSA', kid: KID })
        .setIssuer(ISSUER)
        .setAudience('mmm')
        .setSubject(subject)
        .setIssuedAt()
        .setExpirationTime('10m')
        .sign(tokens.privateKey),
    start: (options = {}) => {
      const engine = new EngineProcess({ ...options, env: { ...env, ...options.env } });
      started.push(engine);
      return engine;
    },
    remove: async () => {
      await Promise.all(started.map(async (engine) => await engine.end('SIGKILL')));
      await database.end();
      await dropDatabase(databaseName, addresses.DATABASE_URL);
      await rm(folder, { recursive: true, force: true });
    },
  };
};

const setUp = async (env: Readonly<Record<string, string>>, namespace: string, tenantsFile: string): Promise<void> => {
  const config = loadConfig({ ...env });
  const { kafka, registryUrl, databaseUrl } = config.distributed!;
  const admin = new KafkaTopicAdmin(
    createKafkaClients({ brokers: kafka.brokers, ssl: false, clientId: 'test-setup' }, SILENT_LOGGER).patient,
    new KafkaNames(namespace),
  );
  await admin.connect();
  try {
    await admin.apply();
  } finally {
    await admin.close();
  }
  await setUpSchemas(new RegistryClient(registryUrl), namespace, { apply: true });
  await migrate(databaseUrl, SILENT_LOGGER);
  const store = await openChangingStore(config, SILENT_LOGGER);
  try {
    await applyTenants(store, tenantsFile, 'test');
    const definitions = new Definitions(store);
    for (const { id } of TENANTS.tenants) {
      const { version } = await definitions.importPlaybook(id, EVERY_SIGNAL.id, EVERY_SIGNAL, 'test');
      await definitions.publishPlaybook(id, EVERY_SIGNAL.id, version, 'test');
    }
  } finally {
    await store.close();
  }
};
