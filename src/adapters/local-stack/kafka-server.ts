import { randomBytes } from 'node:crypto';
import { access, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Kafka } from 'kafkajs';
import { mavenCache } from './download-cache.ts';
import { findJava } from './find-java.ts';
import { mustRun } from './run-program.ts';
import type { ServerCommand, ServerContext, ServerKind } from './server-command.ts';
import { portOf } from './server-command.ts';

/** Same version as pom.xml. */
export const KAFKA_VERSION = '4.3.1';
const POM = fileURLToPath(new URL('./pom.xml', import.meta.url));

/** Measured with these in stack-facts; C1 only (TieredStopAtLevel=1) would start faster and spoil every benchmark. */
const JVM_FLAGS = [
  '-Xms128m',
  '-Xmx512m',
  '-XX:+UseSerialGC',
  '-Xshare:auto',
  '-Djava.awt.headless=true',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
];
const FORMAT_FLAGS = [
  '-Xmx256m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Xshare:auto',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
];

const folders = (context: ServerContext): { home: string; logs: string; properties: string } => {
  const home = join(context.dataDir, 'kafka');
  return { home, logs: join(home, 'data'), properties: join(home, 'server.properties') };
};

/** One node that is broker and controller. Small internal topics and short fences: a test waits for them often. */
const properties = (context: ServerContext): string => {
  const broker = portOf(context, 'kafka');
  const controller = portOf(context, 'kafkaController');
  const listeners = [{ name: 'PLAINTEXT', protocol: 'PLAINTEXT', port: broker }, ...(context.kafka?.listeners ?? [])];
  const addresses = listeners.map(({ name, port }) => `${name}://127.0.0.1:${port}`).join(',');
  const protocols = listeners.map(({ name, protocol }) => `${name}:${protocol}`).join(',');
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${controller}`,
    `listeners=${addresses},CONTROLLER://127.0.0.1:${controller}`,
    `advertised.listeners=${addresses}`,
    'controller.listener.names=CONTROLLER',
    'inter.broker.listener.name=PLAINTEXT',
    `listener.security.protocol.map=${protocols},CONTROLLER:PLAINTEXT`,
    `log.dirs=${folders(context).logs}`,
    'num.network.threads=2',
    'num.io.threads=2',
    'num.partitions=6',
    'auto.create.topics.enable=false',
    'offsets.topic.replication.factor=1',
    'offsets.topic.num.partitions=4',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'transaction.state.log.num.partitions=4',
    'share.coordinator.state.topic.replication.factor=1',
    'share.coordinator.state.topic.min.isr=1',
    // A killed broker may not register again before its earlier session ends: 9 s by default made each restart take 12 s.
    'broker.session.timeout.ms=3000',
    'broker.heartbeat.interval.ms=500',
    'group.initial.rebalance.delay.ms=0',
    'group.min.session.timeout.ms=1000',
    'transaction.abort.timed.out.transaction.cleanup.interval.ms=1000',
    'log.cleaner.dedupe.buffer.size=8388608',
    'log.segment.bytes=16777216',
    // The last line of a name counts.
    ...Object.entries(context.kafka?.properties ?? {}).map(([name, value]) => `${name}=${value}`),
    '',
  ].join('\n');
};

const classPath = async (context: ServerContext): Promise<string> => {
  const args = (target: string): string[] => [
    '-f',
    POM,
    'dependency:copy-dependencies',
    '-DincludeScope=runtime',
    `-DoutputDirectory=${target}`,
  ];
  return join(await mavenCache(context.cacheDir, `kafka-${KAFKA_VERSION}`, args, context.log), '*');
};

const client = (context: ServerContext): Kafka =>
  new Kafka({
    clientId: 'local-stack',
    brokers: [`127.0.0.1:${portOf(context, 'kafka')}`],
    logCreator: () => () => undefined,
    connectionTimeout: 1_000,
    retry: { retries: 0 },
  });

const prepare = async (context: ServerContext): Promise<void> => {
  const { home, logs, properties: file } = folders(context);
  const java = await findJava();
  const jars = await classPath(context);
  await mkdir(home, { recursive: true });
  await writeFile(file, properties(context));
  const formatted = await access(join(logs, 'meta.properties')).then(
    () => true,
    () => false,
  );
  if (formatted) return;
  // A format that was killed half-way left no meta.properties; formatting wants an empty folder.
  if ((await readdir(logs).catch(() => [])).length > 0) await rm(logs, { recursive: true });
  const clusterId = randomBytes(16).toString('base64url');
  // A leading "-" would be read as an option by the storage tool.
  const safeId = `M${clusterId.slice(1)}`;
  await mustRun('formatting Kafka storage', java.command, [
    ...FORMAT_FLAGS,
    '-cp',
    jars,
    'kafka.tools.StorageTool',
    'format',
    '-t',
    safeId,
    '-c',
    file,
  ]);
};

const command = async (context: ServerContext): Promise<ServerCommand> => {
  const java = await findJava();
  const args = [...JVM_FLAGS, '-cp', await classPath(context), 'kafka.Kafka', folders(context).properties];
  return { command: java.command, args, marker: folders(context).properties, stopSignal: 'SIGTERM' };
};

/** An answer of the controller through the broker; an open port alone comes seconds before that. */
const ready = async (context: ServerContext): Promise<boolean> => {
  const admin = client(context).admin();
  try {
    await admin.connect();
    return (await admin.describeCluster()).brokers.length === 1;
  } finally {
    await admin.disconnect();
  }
};

export const kafkaServer: ServerKind = {
  part: 'kafka',
  ports: ['kafka', 'kafkaController'],
  prepare,
  command,
  ready,
  env: (context) => ({ KAFKA_BOOTSTRAP_SERVERS: `127.0.0.1:${portOf(context, 'kafka')}` }),
};
