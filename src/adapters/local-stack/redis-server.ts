import { chmod, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { MmmError } from '../../errors.ts';
import { mavenCache } from './download-cache.ts';
import { runProgram } from './run-program.ts';
import type { ServerCommand, ServerContext, ServerKind } from './server-command.ts';
import { portOf } from './server-command.ts';

/** The engine needs Redis 6.2 (design 5); the option `set-proc-title` used below is of the same release. */
const LOWEST = { major: 6, minor: 2 };
const JAR_ARTIFACT = 'com.github.codemonstur:embedded-redis:1.4.3';
const JAR_CACHE = 'redis-embedded-1.4.3';

/** True for the answer of `redis-server --version` of 6.2 or later. */
export const isRecentRedis = (output: string): boolean => {
  const match = /v=(\d+)\.(\d+)/.exec(output);
  const [major, minor] = [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
  return major > LOWEST.major || (major === LOWEST.major && minor >= LOWEST.minor);
};

/** Name of this platform's binary in the jar; undefined where it has none. */
const jarBinary = (names: readonly string[]): string | undefined => {
  const cpu = new Map([
    ['x64', 'amd64'],
    ['arm64', 'arm64'],
  ]).get(process.arch);
  return names.find((name) => cpu !== undefined && name.endsWith(`-${process.platform}-${cpu}`));
};

const fromJar = async (context: ServerContext): Promise<string> => {
  const args = (target: string): string[] => [
    'dependency:unpack',
    `-Dartifact=${JAR_ARTIFACT}`,
    '-Dmdep.unpack.includes=redis-server-*',
    `-DoutputDirectory=${target}`,
  ];
  const folder = await mavenCache(context.cacheDir, JAR_CACHE, args, context.log);
  const binary = jarBinary(await readdir(folder));
  if (binary === undefined) {
    throw new MmmError(
      'PREREQUISITE_MISSING',
      `redis-server 6.2 or later is not installed and there is no ready one for ${process.platform} ${process.arch}. Install it, or use Docker: --provider docker`,
    );
  }
  const file = join(folder, binary);
  await chmod(file, 0o755);
  const answer = await runProgram(file, ['--version']);
  if (answer.exitCode !== 0) {
    throw new MmmError(
      'PREREQUISITE_MISSING',
      `redis-server 6.2 or later is not installed, and the one from ${JAR_ARTIFACT} does not run here (it needs OpenSSL 3: libssl.so.3). Install redis-server (Debian: apt-get install redis-server)`,
    );
  }
  return file;
};

/** The installed server when it is recent enough, else the binary that a jar carries. */
const program = async (context: ServerContext): Promise<string> => {
  const installed = await runProgram('redis-server', ['--version']);
  return installed.exitCode === 0 && isRecentRedis(installed.output) ? 'redis-server' : await fromJar(context);
};

const folder = (context: ServerContext): string => join(context.dataDir, 'redis');

const command = async (context: ServerContext): Promise<ServerCommand> => ({
  command: await program(context),
  // prettier-ignore
  args: [
    '--bind', '127.0.0.1', '--port', String(portOf(context, 'redis')), '--daemonize', 'no', '--dir', folder(context),
    // Append-only, so that a restart keeps the data; a killed process loses nothing that it has written to the kernel.
    '--appendonly', 'yes', '--appendfsync', 'everysec', '--save', '',
    // Else Redis rewrites its command line, by which a later process recognises it.
    '--set-proc-title', 'no',
  ],
  marker: folder(context),
  stopSignal: 'SIGTERM',
});

const ready = async (context: ServerContext): Promise<boolean> => {
  const client = new Redis({
    host: '127.0.0.1',
    port: portOf(context, 'redis'),
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  // Without a listener the client prints each refused connection; the answer is in the rejected ping.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.ping()) === 'PONG';
  } finally {
    client.disconnect();
  }
};

export const redisServer: ServerKind = {
  part: 'redis',
  ports: ['redis'],
  prepare: async (context) => {
    await mkdir(folder(context), { recursive: true });
    await program(context);
  },
  command,
  ready,
  env: (context) => ({ REDIS_URL: `redis://127.0.0.1:${portOf(context, 'redis')}` }),
};
