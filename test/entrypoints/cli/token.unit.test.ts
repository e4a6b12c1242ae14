import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { tokenCommand } from '../../../src/entrypoints/cli/token.ts';

const folder = mkdtempSync(join(tmpdir(), 'mmm-token-'));
const before = { ...process.env };
beforeAll(() => {
  process.env['MMM_DATA_DIR'] = folder;
});
afterAll(() => {
  process.env = before;
  rmSync(folder, { recursive: true });
});

const run = async (...args: string[]): Promise<string[]> => {
  const lines: string[] = [];
  const io = { out: (line: string) => void lines.push(line), err: () => {}, json: args.includes('--json') };
  const program = new Command('mmm')
    .option('--json')
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  tokenCommand.register(program, io);
  for (const command of program.commands) command.exitOverride();
  await program.parseAsync(['token', ...args.filter((arg) => arg !== '--json')], { from: 'user' });
  return lines;
};

test('one line, the token of dev1 of the demo tenant with every scope and no role', async () => {
  const [token, ...rest] = await run();
  expect(rest).toEqual([]);
  const claims = decodeJwt(token!);
  expect(claims).toMatchObject({
    tenant_id: 'demo',
    sub: 'dev1',
    roles: [],
    scope: 'mmm.decide mmm.read mmm.outcome',
    aud: 'mmm',
  });
  expect(claims.exp! - claims.iat!).toBe(8 * 3_600);
});

test('everything of it can be said', async () => {
  const [line] = await run(
    '--tenant',
    'a',
    '--actor',
    'b',
    '--role',
    'x',
    '--role',
    'y',
    '--scope',
    'mmm.read',
    '--hours',
    '0.5',
    '--json',
  );
  const { token, ...said } = JSON.parse(line!) as { token: string; [name: string]: unknown };
  expect(said).toMatchObject({ tenant_id: 'a', sub: 'b', roles: ['x', 'y'], scopes: ['mmm.read'] });
  expect(decodeJwt(token)).toMatchObject({ tenant_id: 'a', sub: 'b', roles: ['x', 'y'], scope: 'mmm.read' });
});

test('not on the distributed way to run, not off loopback, not for a month', async () => {
  process.env['MMM_HTTP_HOST'] = '0.0.0.0';
  await expect(run()).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  delete process.env['MMM_HTTP_HOST'];
  for (const hours of ['720', '0', '-1', 'x'])
    await expect(run('--hours', hours)).rejects.toMatchObject({ exitCode: 1 });
});
