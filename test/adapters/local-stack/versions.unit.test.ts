import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { KAFKA_VERSION } from '../../../src/adapters/local-stack/kafka-server.ts';
import { parseJavaMajor } from '../../../src/adapters/local-stack/find-java.ts';
import { isRecentRedis } from '../../../src/adapters/local-stack/redis-server.ts';
import { registryVersion } from '../../../src/adapters/local-stack/registry-server.ts';

test.each([
  ['openjdk version "17.0.15" 2025-04-15', 17],
  ['openjdk version "25" 2025-09-16 LTS', 25],
  ['java version "1.8.0_392"', 1],
  ['no such thing', undefined],
])('java -version answering %j is major %j', (output, major) => {
  expect(parseJavaMajor(output)).toBe(major);
});

test.each([
  [17, '2.6.13.Final'],
  [20, '2.6.13.Final'],
  [21, '3.3.3'],
  [25, '3.3.3'],
])('Java %j runs registry %s', (major, version) => {
  expect(registryVersion(major)).toBe(version);
});

test.each([
  ['Redis server v=7.0.15 sha=00000000:0', true],
  ['Redis server v=6.2.11 sha=00000000:0', true],
  ['Redis server v=6.0.16 sha=00000000:0', false],
  ['Redis server v=5.0.14', false],
  ['Redis server v=10.0.1', true],
  ['something else', false],
])('%j is recent enough: %j', (output, recent) => {
  expect(isRecentRedis(output)).toBe(recent);
});

test.each([
  ['the broker', '../../../src/adapters/local-stack/pom.xml'],
  ['its tools', '../../infra/kafka-tools-pom.xml'],
])('%s come from Maven in the one version of Kafka', (_what, pom) => {
  const text = readFileSync(new URL(pom, import.meta.url), 'utf8');
  expect(text).toContain(`<version>${KAFKA_VERSION}</version>`);
});
