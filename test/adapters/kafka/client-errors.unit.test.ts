import { expect, test } from '@jest/globals';
import { clientErrorFacts, transactionError } from '../../../src/adapters/kafka/client-errors.ts';

/** As the client builds them: facts as members, what it gave up on as `originalError`. */
const clientError = (name: string, members: Readonly<Record<string, unknown>>): Error =>
  Object.assign(new Error('text that may hold an address'), { name, ...members });

test('what refused a connection is found below what the client wrapped around it', () => {
  const refused = clientError('KafkaJSConnectionError', { code: 'CERT_SIGNATURE_FAILURE' });
  const givenUp = clientError('KafkaJSNumberOfRetriesExceeded', { originalError: refused });
  expect(clientErrorFacts(givenUp)).toEqual({ name: 'KafkaJSConnectionError', code: 'CERT_SIGNATURE_FAILURE' });
});

test('an answer of the broker gives its name and topic, not its number', () => {
  const denied = clientError('KafkaJSProtocolError', { type: 'TOPIC_AUTHORIZATION_FAILED', code: 29, topic: 'a.b' });
  expect(transactionError(denied, false)).toMatchObject({
    code: 'LOG_UNAVAILABLE',
    details: { error: 'KafkaJSProtocolError', type: 'TOPIC_AUTHORIZATION_FAILED', topic: 'a.b' },
  });
  expect(JSON.stringify(transactionError(denied, false).details)).not.toMatch(/29|text/);
});

test('asked to commit, only a fence is certain', () => {
  const lost = clientError('KafkaJSRequestTimeoutError', {});
  expect(transactionError(lost, true).code).toBe('IN_DOUBT');
  expect(transactionError(clientError('e', { type: 'PRODUCER_FENCED' }), true).code).toBe('FENCED');
});
