import { describe, expect, test } from '@jest/globals';
import { metadataFaults, receiptText } from '../../../src/domain/receipt/metadata-rules.ts';
import { uuidIds } from '../../../src/adapters/ids/uuid-ids.ts';

describe('receipt metadata rules', () => {
  test.each([
    ['my-password', 'password'],
    ['SECRET', 'secret'],
    ['token-rotation', 'token'],
    ['api_key', 'api_key'],
    ['className', 'ssn'],
    ['credit_card', 'credit_card'],
    ['function go(x)', 'function'],
    ['class Foo', 'class'],
    ['import a from b', 'import'],
    ['export data', 'export'],
    ['<script>', 'script'],
    ['< style>', 'style'],
    ['123-45-6789', 'social security number'],
    ['4111 1111 1111 1111', 'card number'],
    ['dev@example.org', 'e-mail'],
  ])('%s breaks the rule %s', (text, rule) => {
    expect(metadataFaults(text)).toContain(rule);
    expect(receiptText(text, uuidIds.sha256)).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  test('ordinary names stay as they are', () => {
    for (const text of ['org/repo', 'tests-missing@3', 'commit_pushed', '7f9c24e8-3b12-4fef-91e0-56a2d5a1b2c3']) {
      expect(receiptText(text, uuidIds.sha256)).toBe(text);
    }
  });
});
