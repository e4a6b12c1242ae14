import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { MmmError } from '../../src/errors.ts';
import { loadConfig } from '../../src/runtime/config.ts';

const SRC = fileURLToPath(new URL('../../src', import.meta.url));

const faultsOf = (environment: Record<string, string>): string => {
  try {
    loadConfig(environment);
  } catch (error) {
    expect(error).toBeInstanceOf(MmmError);
    return (error as MmmError).message;
  }
  throw new Error('expected faults');
};

describe('configuration', () => {
  test('an empty environment is the embedded default on loopback', () => {
    const config = loadConfig({});
    expect(config).toMatchObject({
      backend: 'embedded',
      distributed: null,
      logLevel: 'warn',
      http: { host: '127.0.0.1', port: 8005 },
    });
  });

  test('every fault is reported at once', () => {
    const faults = faultsOf({ MMM_BACKEND: 'distributed', MMM_HTTP_PORT: 'many', KAFKA_BOOTSTRAP_SERVERS: 'nowhere' });
    for (const name of [
      'MMM_HTTP_PORT',
      'KAFKA_BOOTSTRAP_SERVERS',
      'DATABASE_URL',
      'REDIS_URL',
      'SCHEMA_REGISTRY_URL',
    ]) {
      expect(faults).toContain(name);
    }
  });

  test('a secret may come from a file and never stands in a fault', () => {
    const folder = mkdtempSync(join(tmpdir(), 'mmm-config-'));
    const file = join(folder, 'database');
    writeFileSync(file, 'postgres://u:hunter2@127.0.0.1/db\n');
    const environment = {
      MMM_BACKEND: 'distributed',
      KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:9092, 127.0.0.1:9093',
      SCHEMA_REGISTRY_URL: 'http://127.0.0.1:8081',
      REDIS_URL: 'redis://127.0.0.1',
      DATABASE_URL_FILE: file,
    };
    const config = loadConfig(environment);
    expect(config.distributed?.databaseUrl).toBe('postgres://u:hunter2@127.0.0.1/db');
    expect(config.distributed?.kafka.brokers).toEqual(['127.0.0.1:9092', '127.0.0.1:9093']);
    expect(faultsOf({ ...environment, MMM_HTTP_PORT: 'x' })).not.toContain('hunter2');
    expect(faultsOf({ ...environment, DATABASE_URL_FILE: join(folder, 'absent') })).toContain('DATABASE_URL_FILE');
  });

  test('a source that this release does not have is refused, not ignored', () => {
    expect(faultsOf({ MMM_POLICY_SOURCE: 'service' })).toContain('MMM_POLICY_SOURCE');
  });

  test('an address of policy or identity is refused unless one says to go without it: nobody would ask there', () => {
    const environment = {
      MMM_BACKEND: 'distributed',
      KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:9092',
      SCHEMA_REGISTRY_URL: 'http://127.0.0.1:8081',
      REDIS_URL: 'redis://127.0.0.1',
      DATABASE_URL: 'postgres://127.0.0.1/db',
      IAM_SERVICE_URL: 'http://127.0.0.1:8001',
      POLICY_SERVICE_URL: 'http://127.0.0.1:8003',
    };
    for (const name of ['IAM_SERVICE_URL', 'POLICY_SERVICE_URL']) expect(faultsOf(environment)).toContain(name);
    const config = loadConfig({ ...environment, MMM_POLICY_SOURCE: 'local', MMM_IDENTITY_SOURCE: 'local' });
    expect(config.withoutEffect).toEqual(['IAM_SERVICE_URL', 'POLICY_SERVICE_URL']);
  });

  test('a setting that nothing reads is named, not taken in silence (D-103)', () => {
    const environment = {
      MMM_ENABLE_LLM: 'true',
      ERIS_SERVICE_URL: 'http://127.0.0.1:8007',
      MMM_HTTP_PROT: '1',
      MMM_REGION: 'eu',
      HRM_SERVICE_URL: '',
      DATABASE_URL_FILE: '/dev/null',
    };
    expect(loadConfig(environment).withoutEffect).toEqual(['ERIS_SERVICE_URL', 'MMM_ENABLE_LLM', 'MMM_HTTP_PROT']);
  });

  test('every member of the configuration is used outside of its reader (D-103)', () => {
    const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.startsWith('runtime'))
      .map((name) => readFileSync(join(SRC, name), 'utf8'))
      .join('\n');
    const config = loadConfig({
      MMM_BACKEND: 'distributed',
      KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:9092',
      SCHEMA_REGISTRY_URL: 'http://127.0.0.1:8081',
      REDIS_URL: 'redis://127.0.0.1',
      DATABASE_URL: 'postgres://127.0.0.1/db',
    });
    const members = (value: object): string[] =>
      Object.entries(value).flatMap(([name, member]: [string, unknown]) => [
        name,
        ...(typeof member === 'object' && member !== null && !Array.isArray(member) ? members(member) : []),
      ]);
    for (const name of members(config)) expect([name, sources.includes(`.${name}`)]).toEqual([name, true]);
  });

  test('SASL without a password is a fault', () => {
    expect(faultsOf({ KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'u' })).toContain('KAFKA_SASL_PASSWORD');
  });

  test('what would leave the connection to Kafka more open than somebody meant is a fault', () => {
    const pem = fileURLToPath(import.meta.url);
    expect(faultsOf({ KAFKA_SSL_CA_FILE: pem })).toContain('KAFKA_SSL: true is needed');
    expect(faultsOf({ KAFKA_SSL: 'true', KAFKA_SSL_CERT_FILE: pem })).toContain('KAFKA_SSL_KEY_FILE: set both');
    expect(faultsOf({ KAFKA_SASL_USERNAME: 'u' })).toContain('set KAFKA_SASL_MECHANISM');
    expect(faultsOf({ KAFKA_SASL_PASSWORD: 'hidden' })).toContain('set KAFKA_SASL_MECHANISM');
    expect(faultsOf({ KAFKA_SASL_PASSWORD: 'hidden' })).not.toContain('hidden');
  });
});
