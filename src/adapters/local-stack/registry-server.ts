import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MmmError } from '../../errors.ts';
import { mavenCache } from './download-cache.ts';
import type { Java } from './find-java.ts';
import { findJava } from './find-java.ts';
import type { ServerCommand, ServerContext, ServerKind } from './server-command.ts';
import { portOf } from './server-command.ts';

/** 3.x is compiled for Java 21 and dies at once on 17; 2.6.13 is the last line that runs on 17. */
const FIRST_MAJOR_FOR_3 = 21;
const VERSION_3 = '3.3.3';
const VERSION_2 = '2.6.13.Final';

const READY_REQUEST_MS = 2_000;

/** C1 only: 2.0 s to the first answer instead of 6.6, and nothing here is measured by a benchmark. */
export const JVM_FLAGS = ['-Xms64m', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto'];

export const registryVersion = (javaMajor: number): string => (javaMajor >= FIRST_MAJOR_FOR_3 ? VERSION_3 : VERSION_2);

const program = async (context: ServerContext, java: Java): Promise<string> => {
  const version = registryVersion(java.major);
  const artifact = `io.apicurio:apicurio-registry-app:${version}:tar.gz:all`;
  const args = (target: string): string[] => [
    'dependency:unpack',
    `-Dartifact=${artifact}`,
    `-DoutputDirectory=${target}`,
  ];
  const folder = await mavenCache(context.cacheDir, `apicurio-registry-${version}`, args, context.log);
  const jar = (await readdir(folder)).find((name) => name === 'quarkus-run.jar' || name.endsWith('-runner.jar'));
  if (jar === undefined)
    throw new MmmError('STACK_START_FAILED', `no start jar in ${folder}; remove that folder and try again`);
  return join(folder, jar);
};

/** One store per release: 3.x does not open the file of 2.x, and a change of Java changes the release. */
const storeFile = (dataDir: string, javaMajor: number): string =>
  join(dataDir, 'registry', registryVersion(javaMajor), 'db');

/** A file store with each write synchronous, so that ids survive a kill; the default store is memory. The two lines name their settings differently. */
const storeFlags = (dataDir: string, javaMajor: number): string[] => {
  const url = `jdbc:h2:file:${storeFile(dataDir, javaMajor)};WRITE_DELAY=0`;
  const [urlKey, poolKey] =
    javaMajor >= FIRST_MAJOR_FOR_3
      ? ['apicurio.datasource.url', 'apicurio.datasource.jdbc']
      : ['quarkus.datasource.jdbc.url', 'quarkus.datasource.jdbc'];
  return [`-D${urlKey}=${url}`, `-D${poolKey}.initial-size=2`, `-D${poolKey}.min-size=2`, `-D${poolKey}.max-size=8`];
};

const prepare = async (context: ServerContext): Promise<void> => {
  await mkdir(join(context.dataDir, 'registry'), { recursive: true });
  await program(context, await findJava());
};

const command = async (context: ServerContext): Promise<ServerCommand> => {
  const java = await findJava();
  const args = [
    ...JVM_FLAGS,
    ...storeFlags(context.dataDir, java.major),
    '-Dquarkus.http.host=127.0.0.1',
    `-Dquarkus.http.port=${portOf(context, 'registry')}`,
    // The management port would listen on all interfaces by default.
    '-Dquarkus.management.host=127.0.0.1',
    `-Dquarkus.management.port=${portOf(context, 'registryManagement')}`,
    '-jar',
    await program(context, java),
  ];
  return { command: java.command, args, marker: storeFile(context.dataDir, java.major), stopSignal: 'SIGTERM' };
};

const url = (context: ServerContext): string => `http://127.0.0.1:${portOf(context, 'registry')}/apis/ccompat/v7`;

export const registryServer: ServerKind = {
  part: 'registry',
  ports: ['registry', 'registryManagement'],
  prepare,
  command,
  ready: async (context) =>
    (await fetch(`${url(context)}/subjects`, { signal: AbortSignal.timeout(READY_REQUEST_MS) })).ok,
  env: (context) => ({ SCHEMA_REGISTRY_URL: url(context) }),
};
