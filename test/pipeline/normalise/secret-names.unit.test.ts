import { expect, test } from '@jest/globals';
import { isPlaceholder, namesSecret, textNamesSecret } from '../../../src/pipeline/normalise/secret-names.ts';

test.each([
  'password',
  'Password',
  'db_password',
  'clientSecret',
  'client_secret',
  'token',
  'access_token',
  'GITHUB_TOKEN',
  'api_key',
  'apiKey',
  'api-key',
  'x-api-key',
  'APIKEY',
  'private_key',
  'secrets',
  'authorization',
])('%s names a secret', (name) => expect(namesSecret(name)).toBe(true));
test.each([
  'max_tokens',
  'tokens',
  'token_count',
  'tokenizer',
  'password_policy',
  'secret_scanning',
  'issue_key',
  'canonical_keys.issue_key',
  'key',
  'keyboard',
  'public_key',
  'compass',
  'secretary',
  '',
  '...',
])('%s does not', (name) => expect(namesSecret(name)).toBe(false));
test.each(['', '  ', '***', '[REDACTED]', '<redacted>', 'xxxx'])('%s is what redaction leaves', (value) =>
  expect(isPlaceholder(value)).toBe(true),
);
test.each(['hunter2', '*a*', 'redacted-not'])('%s is not', (value) => expect(isPlaceholder(value)).toBe(false));
test('unparsed text is told by name and value', () => {
  expect(textNamesSecret('{"db_password" : "x", ')).toBe(true);
  expect(textNamesSecret('{"db_password" : "", "max_tokens": 5, "token_count": "5"')).toBe(false);
});
