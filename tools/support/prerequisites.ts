import { join } from 'node:path';
import { run } from './run.ts';

/** Kafka 4 needs it; the registry has a release for it. */
const JAVA_MAJOR = 17;
/** With all of these set, the suites use the servers they name (test/infra/global-setup.ts) and start none. */
const ADDRESSES = ['KAFKA_BOOTSTRAP_SERVERS', 'SCHEMA_REGISTRY_URL', 'REDIS_URL', 'DATABASE_URL'];

/** As the stack finds it (find-java.ts): on the PATH, else by JAVA_HOME. */
function javaMajor(): number | undefined {
  const home = process.env['JAVA_HOME'];
  for (const command of ['java', ...(home === undefined ? [] : [join(home, 'bin', 'java')])]) {
    const { status, out } = run(command, ['-version']);
    const found = /version "(\d+)/.exec(out)?.[1];
    if (status === 0 && found !== undefined) return Number(found);
  }
  return undefined;
}

/** What is missing for servers as local processes, as a few words; undefined when nothing is. */
function missingForLocalServers(): string | undefined {
  const java = javaMajor();
  const hasMaven = run('mvn', ['-v']).status === 0;
  if (java !== undefined && java >= JAVA_MAJOR && hasMaven) return undefined;
  return [java === undefined ? 'no Java' : `Java ${java}`, hasMaven ? 'Maven' : 'no Maven'].join(', ');
}

/**
 * What stops the suites on real stores from starting, as one line for a person; undefined when nothing does. Enough are Java and Maven (local
 * processes), or a running Docker or the addresses of servers that run already, with kcat in place of the reader in Java.
 */
export function missingPrerequisite(): string | undefined {
  const found = missingForLocalServers();
  if (found === undefined) return undefined;
  const isGiven = ADDRESSES.every((name) => process.env[name]);
  const hasServers = isGiven || run('docker', ['info', '--format', '{{.ServerVersion}}']).status === 0;
  const hasKcat = run('kcat', ['-V']).status === 0;
  if (hasServers && hasKcat) return undefined;
  const others = [hasServers ? 'servers' : 'no running Docker', hasKcat ? 'kcat' : 'no kcat'];
  return (
    `Missing prerequisite: the suites on real stores need Java ${JAVA_MAJOR} or later and Maven, or a running Docker and kcat ` +
    `(found: ${[found, ...others].join(', ')}). "npm run test:unit" needs none of them.`
  );
}

/** Said beside the count of what was skipped; undefined when nothing has to be. */
export function skippedForWantOfJava(): string | undefined {
  const found = missingForLocalServers();
  if (found === undefined) return undefined;
  return `Skipped: tests about servers as local processes and with peers in Java, which need Java ${JAVA_MAJOR} or later and Maven (found: ${found})`;
}
