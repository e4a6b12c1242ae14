import { expect, test } from '@jest/globals';
import { isSupported } from '../../../src/adapters/kafka/broker-versions.ts';

test('Kafka 4.0 is told by its lowest Fetch version', () => {
  expect(isSupported({ 1: { minVersion: 4, maxVersion: 18 } })).toBe(true);
  expect(isSupported({ 1: { minVersion: 0, maxVersion: 17 } })).toBe(false);
  expect(isSupported(null)).toBe(false);
});
