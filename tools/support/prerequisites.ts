import { run } from './run.ts';

/** Kafka 4 needs it; the registry has a release for it. */
const JAVA_MAJOR = 17;
/** With all of these set, the suites use the servers they name (test/infra/global-setup.ts) and start none. */
const ADDRESSES = ['KAFKA_BOOTSTRAP_SERVERS', 'SCHEMA_REGISTRY_URL', 'REDIS_URL', 'DATABASE_URL'];

function javaMajor(): number | undefined {
  const { status, out } = run('java', ['-version']);
  const found = /version "(\d+)/.exec(out)?.[1];
  return status === 0 && found !== undefined ? Number(found) : undefined;
}

/**
 * What stops the suites on real stores from starting, as one line for a person; undefined when nothing does.
 * Java and Maven (local processes), a running Docker, or the addresses of servers that run already are enough.
 */
export function missingPrerequisite(): string | undefined {
  if (ADDRESSES.every((name) => process.env[name])) return undefined;
  const java = javaMajor();
  const hasMaven = run('mvn', ['-v']).status === 0;
  if (java !== undefined && java >= JAVA_MAJOR && hasMaven) return undefined;
  if (run('docker', ['info', '--format', '{{.ServerVersion}}']).status === 0) return undefined;
  const found = [java === undefined ? 'no Java' : `Java ${java}`, hasMaven ? 'Maven' : 'no Maven', 'no running Docker'];
  return (
    `Missing prerequisite: the suites on real stores need Java ${JAVA_MAJOR} or later and Maven, or a running Docker ` +
    `(found: ${found.join(', ')}). "npm run test:unit" needs none of them.`
  );
}
