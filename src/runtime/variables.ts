import { z } from 'zod';

/** One environment variable: what the README's table prints and what the parser checks (a test compares the two). */
export interface Variable {
  readonly schema: z.ZodType;
  readonly fallback: string | null;
  readonly meaning: string;
  /** May also be given as `<NAME>_FILE`, and is never logged. */
  readonly secret?: true;
}

const variable = (schema: z.ZodType, fallback: string | null, meaning: string): Variable => ({
  schema,
  fallback,
  meaning,
});
const secret = (meaning: string): Variable => ({ schema: text, fallback: null, meaning, secret: true });

const text = z.string().min(1);
const port = z.coerce.number().int().min(0).max(65_535);
const url = z.url({ protocol: /^https?$/ });
const brokers = z
  .string()
  .transform((value) => value.split(',').map((part) => part.trim()))
  .pipe(z.array(z.string().regex(/^[^\s:]+:\d{1,5}$/, 'host:port, comma separated')).min(1));
const flag = z.enum(['true', 'false']).transform((value) => value === 'true');
const source = z.enum(['local', 'service']);

/** Every variable of interface 8 that this release reads. */
export const VARIABLES = {
  MMM_BACKEND: variable(
    z.enum(['embedded', 'distributed']),
    'embedded',
    'embedded: everything in one process and `.mmm/`; distributed: Kafka, PostgreSQL, Redis, registry',
  ),
  MMM_DATA_DIR: variable(text, '.mmm', 'data folder of the embedded default'),
  MMM_NAMESPACE: variable(
    z.string().regex(/^[a-z0-9.-]*$/, 'a-z, 0-9, dot and dash'),
    '',
    'prefix of topics, groups, transactional ids, subjects and Redis keys',
  ),
  MMM_REGION: variable(text, 'local', 'region of this installation'),
  KAFKA_BOOTSTRAP_SERVERS: variable(brokers, null, 'brokers, host:port, comma separated'),
  KAFKA_SSL: variable(flag, 'false', 'connect to Kafka with TLS'),
  KAFKA_SSL_CA_FILE: variable(text, null, 'PEM of the authority that signed the brokers'),
  KAFKA_SSL_CERT_FILE: variable(text, null, 'PEM of our client certificate'),
  KAFKA_SSL_KEY_FILE: variable(text, null, 'PEM of our client key'),
  KAFKA_SASL_MECHANISM: variable(z.enum(['plain', 'scram-sha-256', 'scram-sha-512']), null, 'SASL mechanism'),
  KAFKA_SASL_USERNAME: variable(text, null, 'SASL user'),
  KAFKA_SASL_PASSWORD: secret('SASL password'),
  SCHEMA_REGISTRY_URL: variable(url, null, 'Confluent-compatible registry'),
  REDIS_URL: secret('redis:// or rediss:// address of the state cache'),
  DATABASE_URL: secret('postgres:// address'),
  MMM_HTTP_HOST: variable(text, '127.0.0.1', 'address the HTTP API listens on'),
  MMM_HTTP_PORT: variable(port, '8005', 'port of the HTTP API'),
  MMM_METRICS_HOST: variable(text, '127.0.0.1', 'address the metrics listen on'),
  MMM_METRICS_PORT: variable(port, '9464', 'port of the metrics'),
  MMM_METRICS_TENANT_LABEL: variable(flag, 'false', 'label metrics by tenant (tells who your customers are)'),
  MMM_SIGNING_KEY_FILE: variable(text, null, 'PKCS#8 PEM of the Ed25519 key that signs receipts'),
  MMM_SIGNING_KID: variable(
    z.string().regex(/^[A-Za-z0-9._-]+$/, 'letters, digits, dot, dash, underscore'),
    'mmm-engine',
    'key id in the signature',
  ),
  MMM_JWKS_URL: variable(url, null, 'where the token keys are'),
  MMM_JWKS_FILE: variable(text, null, 'token keys as a file'),
  MMM_JWT_ISSUER: variable(text, null, 'issuer a token must name'),
  MMM_JWT_AUDIENCE: variable(text, 'mmm', 'audience a token must name'),
  MMM_DLQ_BREAKER_RECORDS: variable(
    z.coerce.number().int().min(1).max(100_000),
    '50',
    'refusals of a partition (codes that a release or schema can cause) from which its breaker may open',
  ),
  MMM_DLQ_BREAKER_PERCENT: variable(
    z.coerce.number().min(1).max(100),
    '75',
    'it opens when more than this share of the senders have most of their records refused; 100: never',
  ),
  MMM_DLQ_BREAKER_REST_SECONDS: variable(
    z.coerce.number().int().min(1).max(86_400),
    '60',
    'how long an open one rests before it tries what it holds back again',
  ),
  MMM_POLICY_SOURCE: variable(source, 'local', 'where tenant policy comes from'),
  MMM_IDENTITY_SOURCE: variable(source, 'local', 'where roles come from'),
  LOG_LEVEL: variable(
    z.enum(['debug', 'info', 'warn', 'error', 'silent']),
    null,
    'least severe log line that is written (default: warn on the embedded default, else info)',
  ),
} as const satisfies Record<string, Variable>;

export type VariableName = keyof typeof VARIABLES;

/** Variables of interface 8 whose parts come with later releases. Set, they change nothing yet, which is said at start. */
export const LATER_VARIABLES: readonly string[] = [
  'IAM_SERVICE_URL',
  'POLICY_SERVICE_URL',
  'LLM_GATEWAY_SERVICE_URL',
  'ERIS_SERVICE_URL',
  'ALERTING_BASE_URL',
  'INTEGRATION_ADAPTERS_URL',
  'UBI_SERVICE_URL',
  'DATA_GOVERNANCE_SERVICE_URL',
  'HRM_SERVICE_URL',
  'OTLP_EXPORTER_ENDPOINT',
];
