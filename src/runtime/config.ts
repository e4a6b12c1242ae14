import { readFileSync } from 'node:fs';
import { MmmError } from '../errors.ts';
import { LATER_VARIABLES, VARIABLES, type Variable, type VariableName } from './variables.ts';

export interface KafkaConfig {
  readonly brokers: readonly string[];
  readonly ssl: boolean | { readonly ca?: string; readonly cert?: string; readonly key?: string };
  readonly sasl: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
    readonly username: string;
    readonly password: string;
  } | null;
}

export interface Config {
  readonly backend: 'embedded' | 'distributed';
  readonly dataDir: string;
  readonly namespace: string;
  readonly region: string;
  /** Null on the embedded default; `loadConfig` refuses a distributed configuration without them. */
  readonly distributed: {
    readonly kafka: KafkaConfig;
    readonly registryUrl: string;
    readonly redisUrl: string;
    readonly databaseUrl: string;
  } | null;
  readonly http: { readonly host: string; readonly port: number };
  readonly metrics: { readonly host: string; readonly port: number; readonly tenantLabel: boolean };
  readonly signing: { readonly keyFile: string | null; readonly kid: string };
  readonly jwt: {
    readonly jwksUrl: string | null;
    readonly jwksFile: string | null;
    readonly issuer: string | null;
    readonly audience: string;
  };
  /** Of dead letters (domain/dead-letter-breaker.ts). */
  readonly breaker: {
    readonly records: number;
    readonly sharePercent: number;
    readonly restMs: number;
  };
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Names that are set and change nothing: parts of later releases, and names of ours that nobody knows (D-103). */
  readonly withoutEffect: readonly string[];
}

/**
 * The only reader of the environment. Every fault is reported at once, before anything connects (style 21); a value of a secret never stands in a
 * fault. Throws CONFIG_INVALID.
 */
export const loadConfig = (environment: NodeJS.ProcessEnv = process.env): Config => {
  const faults: string[] = [];
  const read = <T>(name: VariableName): T => readVariable(environment, name, VARIABLES[name], faults) as T;
  const file = (name: VariableName): string | undefined => contentOf(read<string | null>(name), name, faults);

  const backend = read<Config['backend']>('MMM_BACKEND');
  const kafkaAccess = readKafkaAccess(read, file, faults);
  const addresses = {
    KAFKA_BOOTSTRAP_SERVERS: read<string[] | null>('KAFKA_BOOTSTRAP_SERVERS'),
    SCHEMA_REGISTRY_URL: read<string | null>('SCHEMA_REGISTRY_URL'),
    REDIS_URL: read<string | null>('REDIS_URL'),
    DATABASE_URL: read<string | null>('DATABASE_URL'),
  };
  if (backend === 'distributed') {
    for (const [name, value] of Object.entries(addresses))
      if (value === null) faults.push(`${name}: needed with MMM_BACKEND=distributed`);
  }
  const jwksUrl = read<string | null>('MMM_JWKS_URL');
  const jwksFile = read<string | null>('MMM_JWKS_FILE');
  const issuer = read<string | null>('MMM_JWT_ISSUER');
  if (jwksUrl !== null && jwksFile !== null) faults.push('MMM_JWKS_URL, MMM_JWKS_FILE: set one of them');
  if ((jwksUrl !== null || jwksFile !== null) && issuer === null)
    faults.push('MMM_JWT_ISSUER: needed with MMM_JWKS_URL or MMM_JWKS_FILE');
  for (const name of ['MMM_POLICY_SOURCE', 'MMM_IDENTITY_SOURCE'] as const) {
    if (read<string>(name) === 'service') faults.push(`${name}: service is not in this release; only local is`);
  }
  if (backend === 'distributed') faults.push(...unaskedNeighbours(environment));

  const config: Config = {
    backend,
    dataDir: read('MMM_DATA_DIR'),
    namespace: read('MMM_NAMESPACE'),
    region: read('MMM_REGION'),
    distributed:
      backend === 'distributed'
        ? {
            kafka: { brokers: addresses.KAFKA_BOOTSTRAP_SERVERS ?? [], ...kafkaAccess },
            registryUrl: addresses.SCHEMA_REGISTRY_URL ?? '',
            redisUrl: addresses.REDIS_URL ?? '',
            databaseUrl: addresses.DATABASE_URL ?? '',
          }
        : null,
    http: { host: read('MMM_HTTP_HOST'), port: read('MMM_HTTP_PORT') },
    metrics: {
      host: read('MMM_METRICS_HOST'),
      port: read('MMM_METRICS_PORT'),
      tenantLabel: read('MMM_METRICS_TENANT_LABEL'),
    },
    signing: { keyFile: read('MMM_SIGNING_KEY_FILE'), kid: read('MMM_SIGNING_KID') },
    jwt: { jwksUrl, jwksFile, issuer, audience: read('MMM_JWT_AUDIENCE') },
    breaker: {
      records: read('MMM_DLQ_BREAKER_RECORDS'),
      sharePercent: read('MMM_DLQ_BREAKER_PERCENT'),
      restMs: read<number>('MMM_DLQ_BREAKER_REST_SECONDS') * 1_000,
    },
    // A newcomer reads the welcome, an operator the log.
    logLevel: read<Config['logLevel'] | null>('LOG_LEVEL') ?? (backend === 'embedded' ? 'warn' : 'info'),
    withoutEffect: withoutEffect(environment),
  };
  if (faults.length > 0)
    throw new MmmError('CONFIG_INVALID', `the environment is not valid:\n  ${faults.join('\n  ')}`);
  return config;
};

/** A setting of TLS or of SASL that nothing would use is a fault: who gave it believes the connection safe, and it would be open. */
const readKafkaAccess = (
  read: <T>(name: VariableName) => T,
  file: (name: VariableName) => string | undefined,
  faults: string[],
): Pick<KafkaConfig, 'ssl' | 'sasl'> => {
  const sslOn = read<boolean>('KAFKA_SSL');
  const pem = { ca: file('KAFKA_SSL_CA_FILE'), cert: file('KAFKA_SSL_CERT_FILE'), key: file('KAFKA_SSL_KEY_FILE') };
  const mechanism = read<NonNullable<KafkaConfig['sasl']>['mechanism'] | null>('KAFKA_SASL_MECHANISM');
  const username = read<string | null>('KAFKA_SASL_USERNAME');
  const password = read<string | null>('KAFKA_SASL_PASSWORD');
  if (!sslOn && Object.values(pem).some((given) => given !== undefined))
    faults.push('KAFKA_SSL: true is needed for KAFKA_SSL_CA_FILE, KAFKA_SSL_CERT_FILE and KAFKA_SSL_KEY_FILE');
  if ((pem.cert === undefined) !== (pem.key === undefined))
    faults.push('KAFKA_SSL_CERT_FILE, KAFKA_SSL_KEY_FILE: set both');
  if (mechanism !== null && (username === null || password === null))
    faults.push('KAFKA_SASL_MECHANISM: set KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD too');
  if (mechanism === null && (username !== null || password !== null))
    faults.push('KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD: set KAFKA_SASL_MECHANISM too');
  return {
    ssl: sslOn ? withoutUndefined(pem) : false,
    sasl: mechanism === null ? null : { mechanism, username: username ?? '', password: password ?? '' },
  };
};

/** An address of identity or policy asks for their veto: left unasked they would permit, so only who says `local` starts without them (G6). */
const unaskedNeighbours = (environment: NodeJS.ProcessEnv): string[] =>
  [['POLICY_SERVICE_URL', 'MMM_POLICY_SOURCE'] as const, ['IAM_SERVICE_URL', 'MMM_IDENTITY_SOURCE'] as const].flatMap(
    ([url, source]) =>
      isSet(environment, url) && environment[source] === undefined
        ? [`${url}: this release does not ask that service; unset it, or set ${source}=local to go without it`]
        : [],
  );

const withoutEffect = (environment: NodeJS.ProcessEnv): string[] => {
  const known = new Set(
    Object.entries(VARIABLES).flatMap(([name, variable]: [string, Variable]) =>
      variable.secret === true ? [name, `${name}_FILE`] : [name],
    ),
  );
  // Those of the test suites are none of the engine's.
  const isOurs = (name: string): boolean => name.startsWith('MMM_') && !name.startsWith('MMM_TEST_');
  return Object.keys(environment)
    .filter((name) => isSet(environment, name) && !known.has(name))
    .filter((name) => LATER_VARIABLES.includes(name) || isOurs(name))
    .sort();
};

const isSet = (environment: NodeJS.ProcessEnv, name: string): boolean => (environment[name] ?? '') !== '';

const readVariable = (environment: NodeJS.ProcessEnv, name: string, variable: Variable, faults: string[]): unknown => {
  const given = environment[name] ?? secretFromFile(environment, name, variable, faults) ?? variable.fallback;
  if (given === null || (given === '' && variable.fallback === null)) return null;
  const parsed = variable.schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const shown = variable.secret === true ? 'the value' : JSON.stringify(given);
  faults.push(`${name}: ${shown} is not valid: ${parsed.error.issues.map((issue) => issue.message).join(', ')}`);
  return null;
};

const secretFromFile = (
  environment: NodeJS.ProcessEnv,
  name: string,
  variable: Variable,
  faults: string[],
): string | undefined => {
  const path = environment[`${name}_FILE`];
  return variable.secret === true && path !== undefined ? contentOf(path, `${name}_FILE`, faults)?.trim() : undefined;
};

const contentOf = (path: string | null, name: string, faults: string[]): string | undefined => {
  if (path === null) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    faults.push(`${name}: can not be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`);
    return undefined;
  }
};

const withoutUndefined = <T extends Record<string, string | undefined>>(value: T): { [K in keyof T]?: string } =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as { [K in keyof T]?: string };

/** What a program we start may see of our environment: where it and its user's settings are. No GIT_*, which a surrounding hook may have set. */
const PROGRAM_VARIABLES = ['PATH', 'HOME', 'XDG_CONFIG_HOME', 'USERPROFILE', 'SystemRoot', 'TMPDIR', 'TEMP'];

export const programEnvironment = (environment: NodeJS.ProcessEnv = process.env): Readonly<Record<string, string>> =>
  Object.fromEntries(
    PROGRAM_VARIABLES.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])),
  );
