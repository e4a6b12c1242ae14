import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { environmentOf, shellWord } from '../../../src/entrypoints/cli/stack.ts';

test.each(['redis://127.0.0.1:1', 'postgresql://u:p@h:1/d?a=1&b=2', "it's; $HOME `x` \\ end", ''])(
  'the shell reads %j back unchanged',
  (value) => {
    expect(execFileSync('sh', ['-c', `X=${shellWord(value)}; printf %s "$X"`], { encoding: 'utf8' })).toBe(value);
  },
);

test('only a complete stack selects the distributed way to run', () => {
  const part = { KAFKA_BOOTSTRAP_SERVERS: 'k', REDIS_URL: 'r' };
  expect(environmentOf(part)).toEqual(part);
  expect(environmentOf({ ...part, SCHEMA_REGISTRY_URL: 's', DATABASE_URL: 'd' })).toMatchObject({
    MMM_BACKEND: 'distributed',
  });
});
