import { expect, test } from '@jest/globals';
import { startStack } from '../../../src/adapters/local-stack/start-stack.ts';

const log = (): void => undefined;

test('given addresses for the wanted parts, when started, then they are handed on and nothing is started', async () => {
  const external = { KAFKA_BOOTSTRAP_SERVERS: 'kafka.test:9092', REDIS_URL: 'redis://redis.test' };
  const stack = await startStack({ provider: 'external', dataDir: 'unused', parts: ['kafka', 'redis'], log, external });
  expect(stack.env).toEqual(external);
  expect(stack.parts).toEqual({});
});

test('given a missing address, when started, then it is named', async () => {
  const start = startStack({
    provider: 'external',
    dataDir: 'unused',
    log,
    external: { REDIS_URL: 'redis://redis.test' },
  });
  await expect(start).rejects.toMatchObject({ code: 'PREREQUISITE_MISSING' });
  await expect(start).rejects.toThrow(/KAFKA_BOOTSTRAP_SERVERS, SCHEMA_REGISTRY_URL, DATABASE_URL/);
});
