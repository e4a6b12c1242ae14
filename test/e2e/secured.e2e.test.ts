import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from '@jest/globals';
import { Redis } from 'ioredis';
import kafkajs, { type AclEntry, type Admin, Kafka } from 'kafkajs';
import { freePort } from '../../src/adapters/local-stack/free-ports.ts';
import { TOPIC_NAMES, type TopicDirection, TOPICS } from '../../src/generated/topics.ts';
import { newAuthority } from '../infra/certificates.ts';
import { kafkaTool } from '../infra/kafka-tools.ts';
import { type PrivateStack, startPrivateStack, testStack, uniqueName } from '../infra/stack.ts';
import { httpsFront, postgresTlsFront, type TlsFront, tlsFront } from '../infra/tls-front.ts';
import { testWithJava as test } from '../infra/test-with-java.ts';
import { install, type Installation } from './support/installation.ts';
import { expectExactlyOnce, readOutputs, settled } from './support/outputs.ts';
import { commits, type Sent } from './support/signals.ts';
import { produce } from './support/topics.ts';

/**
 * Servers as a platform has them: TLS by an authority of its own in front of each, a user and a password or a certificate for Kafka, and rights in
 * Kafka and Redis for what the engine does and nothing else.
 */
const USER = 'mmm-engine';
const CERTIFIED = 'CN=mmm-certified';
const SCRAM_LOGIN = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
const SECRET_BYTES = 12;
const passwords = {
  kafka: randomBytes(SECRET_BYTES).toString('hex'),
  redis: randomBytes(SECRET_BYTES).toString('hex'),
  registry: randomBytes(SECRET_BYTES).toString('hex'),
};

let folder: string;
let broker: PrivateStack;
let installation: Installation;
let redis: Redis;
const redisUser = uniqueName('mmm');
const fronts: TlsFront[] = [];
const sent: Sent[] = [];
/** What an operator of such a platform sets. */
let secured: Readonly<Record<string, string>>;
let certified: Readonly<Record<string, string>>;

const file = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmm-secured-'));
  const authority = newAuthority();
  const [server, client] = [authority.issue('server'), authority.issue(CERTIFIED.slice('CN='.length))];
  await writeFile(file('ca.pem'), authority.cert);
  await writeFile(file('broker.pem'), server.key + server.cert);
  await writeFile(file('client.pem'), client.cert);
  await writeFile(file('client-key.pem'), client.key);

  const users = await freePort(new Set());
  const mutual = await freePort(new Set([users]));
  broker = await startPrivateStack(['kafka'], {
    listeners: [
      { name: 'USERS', protocol: 'SASL_SSL', port: users },
      { name: 'MUTUAL', protocol: 'SSL', port: mutual },
    ],
    properties: {
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': file('broker.pem'),
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': file('ca.pem'),
      'listener.name.mutual.ssl.client.auth': 'required',
      'listener.name.users.sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
      'listener.name.users.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required user_${USER}="${passwords.kafka}";`,
      'listener.name.users.scram-sha-256.sasl.jaas.config': SCRAM_LOGIN,
      'listener.name.users.scram-sha-512.sasl.jaas.config': SCRAM_LOGIN,
      // The client shows anew who it is in the last ten seconds of such a session: here from the second second on, while signals flow.
      'listener.name.users.scram-sha-512.connections.max.reauth.ms': '12000',
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
    },
  });
  const plain = broker.env.KAFKA_BOOTSTRAP_SERVERS!;
  // One at a time: Kafka takes two credentials of a user in one request for a mistake.
  for (const bits of [256, 512]) {
    const credential = `SCRAM-SHA-${bits}=[password=${passwords.kafka}]`;
    const toUser = ['--entity-type', 'users', '--entity-name', USER];
    await kafkaTool('kafka-configs', [plain], ['--alter', '--add-config', credential, ...toUser]);
  }

  const { env: open } = testStack();
  installation = await install({ ...open, KAFKA_BOOTSTRAP_SERVERS: plain });
  await grant([`User:${USER}`, `User:${CERTIFIED}`]);
  redis = new Redis(open.REDIS_URL);
  const rules = ['on', `>${passwords.redis}`, 'resetkeys', `~${installation.namespace}*`, 'resetchannels', '-@all'];
  await redis.call('ACL', 'SETUSER', redisUser, ...rules, ...REDIS_COMMANDS.map((name) => `+${name}`));

  const registryUser = `engine:${passwords.registry}`;
  const [toRedis, toPostgres, toRegistry] = [
    await tlsFront(open.REDIS_URL, server),
    await postgresTlsFront(open.DATABASE_URL, server),
    await httpsFront(open.SCHEMA_REGISTRY_URL, server, registryUser),
  ];
  fronts.push(toRedis, toPostgres, toRegistry);
  const database = new URL(installation.env['DATABASE_URL']!);
  database.host = `127.0.0.1:${toPostgres.port}`;
  database.search = `?sslmode=verify-full&sslrootcert=${file('ca.pem')}`;
  const registryPath = new URL(open.SCHEMA_REGISTRY_URL).pathname.replace(/\/$/, '');
  const common = {
    ...installation.env,
    SCHEMA_REGISTRY_URL: `https://${registryUser}@127.0.0.1:${toRegistry.port}${registryPath}`,
    REDIS_URL: `rediss://${redisUser}:${passwords.redis}@127.0.0.1:${toRedis.port}`,
    DATABASE_URL: database.toString(),
    NODE_EXTRA_CA_CERTS: file('ca.pem'),
    KAFKA_SSL: 'true',
    KAFKA_SSL_CA_FILE: file('ca.pem'),
  };
  secured = {
    ...common,
    KAFKA_BOOTSTRAP_SERVERS: `127.0.0.1:${users}`,
    KAFKA_SASL_MECHANISM: 'scram-sha-512',
    KAFKA_SASL_USERNAME: USER,
    KAFKA_SASL_PASSWORD: passwords.kafka,
  };
  certified = {
    ...common,
    KAFKA_BOOTSTRAP_SERVERS: `127.0.0.1:${mutual}`,
    KAFKA_SSL_CERT_FILE: file('client.pem'),
    KAFKA_SSL_KEY_FILE: file('client-key.pem'),
  };
});

afterAll(async () => {
  await installation?.remove();
  await redis?.call('ACL', 'DELUSER', redisUser);
  redis?.disconnect();
  for (const front of fronts) await front.close();
  await broker?.remove();
  await rm(folder, { recursive: true, force: true });
});

/** What the engine sends, its script's among them; `info` and `ping` are the client's and the doctor's. */
const REDIS_COMMANDS = ['get', 'getrange', 'set', 'eval', 'evalsha', 'info', 'ping'];

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

const { READ, WRITE, DESCRIBE_CONFIGS } = AclOperationTypes;
const BY_DIRECTION: Readonly<Record<TopicDirection, readonly number[]>> = {
  in: [READ],
  internal: [READ, WRITE],
  out: [WRITE],
};

/** The rights that the README names. */
const grant = async (principals: readonly string[]): Promise<void> => {
  const { LITERAL, PREFIXED } = ResourcePatternTypes;
  const { TOPIC, GROUP, TRANSACTIONAL_ID } = AclResourceTypes;
  const { namespace, topic } = installation;
  const rights: readonly (readonly [number, string, number, readonly number[]])[] = [
    ...TOPIC_NAMES.map(
      (name) => [TOPIC, topic(name), LITERAL, [...BY_DIRECTION[TOPICS[name].direction], DESCRIBE_CONFIGS]] as const,
    ),
    [GROUP, `${namespace}mmm-`, PREFIXED, [READ]],
    [TRANSACTIONAL_ID, `${namespace}mmm-decide-`, PREFIXED, [WRITE]],
  ];
  const acl: AclEntry[] = rights.flatMap(([resourceType, resourceName, resourcePatternType, operations]) =>
    operations.flatMap((operation) =>
      principals.map((principal) => ({
        resourceType,
        resourceName,
        resourcePatternType,
        principal,
        host: '*',
        operation,
        permissionType: AclPermissionTypes.ALLOW,
      })),
    ),
  );
  await asAdmin(async (admin) => await admin.createAcls({ acl }));
};

const asAdmin = async (work: (admin: Admin) => Promise<unknown>): Promise<void> => {
  const brokers = [broker.env.KAFKA_BOOTSTRAP_SERVERS!];
  const admin = new Kafka({ clientId: 'test', brokers, logCreator: () => () => undefined }).admin();
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.disconnect();
  }
};

const throughAll = async (env: Readonly<Record<string, string>>, actors: string): Promise<void> => {
  const engine = await installation.start({ env }).ready();
  const batch = commits(5, 4, actors);
  sent.push(...batch);
  await produce(installation.brokers, installation.topic('pm3.signals.normalized'), batch);
  await settled(installation, sent.length);
  const outputs = await readOutputs(installation);
  expect(outputs.deadLetters).toEqual([]);
  await expectExactlyOnce(installation, sent, outputs);
  expect(await engine.end()).toEqual({ code: 0, signal: null });
  for (const password of Object.values(passwords)) expect(engine.rawLog).not.toContain(password);
};

test('a user with a password (SCRAM over TLS): every signal is decided exactly once, and no log holds a password', async () => {
  await throughAll(secured, 'scram');
  // Without its rights there it would have decided just as well, and slower.
  expect(await redis.keys(`${installation.namespace}*`)).not.toEqual([]);
});

test('a client certificate instead of a password', async () => {
  await throughAll(certified, 'mutual');
});

const doctor = async (env: Readonly<Record<string, string>>): Promise<{ code: number | null; said: string }> => {
  const run = installation.start({ env, args: ['doctor'] });
  const { code } = await run.exited;
  return { code, said: [...run.printed, run.rawLog].join('\n') };
};

test.each(['plain', 'scram-sha-256', 'scram-sha-512'])('doctor finds nothing to mend with %s', async (mechanism) => {
  const { code, said } = await doctor({ ...secured, KAFKA_SASL_MECHANISM: mechanism });
  expect([code, said]).toEqual([0, expect.stringContaining(' 0 failed')]);
});

test('what is wrong with the way in is named for each server, and no password is shown', async () => {
  const wrong = 'not-the-password';
  const withWrong = (url: string): string => {
    const changed = new URL(url);
    changed.password = wrong;
    return changed.toString();
  };
  const { code, said } = await doctor({
    ...secured,
    KAFKA_SASL_PASSWORD: wrong,
    DATABASE_URL: withWrong(secured['DATABASE_URL']!),
    REDIS_URL: withWrong(secured['REDIS_URL']!),
    SCHEMA_REGISTRY_URL: withWrong(secured['SCHEMA_REGISTRY_URL']!),
  });
  expect(code).toBe(1);
  expect(said).not.toContain(wrong);
  expect(said).toMatch(/FAIL +kafka .*KafkaJSSASLAuthenticationError/);
  expect(said).toMatch(/FAIL +postgresql .*28P01/);
  expect(said).toMatch(/WARN +redis .*WRONGPASS/);
  expect(said).toMatch(/FAIL +registry .*401/);
});

test('a server that no authority of ours vouches for is not spoken to', async () => {
  const unvouched = newAuthority();
  await writeFile(file('other-ca.pem'), unvouched.cert);
  const database = secured['DATABASE_URL']!.replace('ca.pem', 'other-ca.pem');
  const { code, said } = await doctor({
    ...secured,
    KAFKA_SSL_CA_FILE: file('other-ca.pem'),
    NODE_EXTRA_CA_CERTS: file('other-ca.pem'),
    DATABASE_URL: database,
  });
  expect(code).toBe(1);
  for (const server of ['postgresql', 'kafka', 'registry', 'redis'])
    expect(said).toMatch(new RegExp(`(FAIL|WARN) +${server} .*CERT_SIGNATURE_FAILURE`));
});

test('a right that is missing stops what needs it, names it, and loses nothing', async () => {
  const denied = installation.topic('mmm.delivery.ide');
  const right = (permissionType: number): AclEntry => ({
    resourceType: AclResourceTypes.TOPIC,
    resourceName: denied,
    resourcePatternType: ResourcePatternTypes.LITERAL,
    principal: `User:${USER}`,
    host: '*',
    operation: AclOperationTypes.WRITE,
    permissionType,
  });
  await asAdmin(async (admin) => await admin.createAcls({ acl: [right(AclPermissionTypes.DENY)] }));
  const engine = await installation.start({ env: secured }).ready();
  const batch = commits(2, 3, 'denied');
  sent.push(...batch);
  await produce(installation.brokers, installation.topic('pm3.signals.normalized'), batch);
  const { error } = await engine.log('session_ended');
  expect(error).toMatchObject({ code: 'LOG_UNAVAILABLE', type: 'TOPIC_AUTHORIZATION_FAILED', topic: denied });
  await asAdmin(async (admin) => await admin.deleteAcls({ filters: [right(AclPermissionTypes.DENY)] }));
  await settled(installation, sent.length);
  await expectExactlyOnce(installation, sent, await readOutputs(installation));
  expect(await engine.end()).toEqual({ code: 0, signal: null });
});
