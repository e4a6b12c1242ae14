import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cli, type CliAnswer } from '../../entrypoints/cli/run-cli.ts';
import type { Installation } from './installation.ts';

/** `mmm replay ...` with the environment of the installation, in this process: one of its own costs seconds each time. */
export const replay = async (installation: Installation, ...args: readonly string[]): Promise<CliAnswer> => {
  const before = { ...process.env };
  Object.assign(process.env, installation.env);
  try {
    return await cli('replay', ...args, '--json');
  } finally {
    process.env = before;
  }
};

/** A file with the token of an operator of the tenant. */
export const tokenFile = async (installation: Installation, tenantId: string, subject: string): Promise<string> => {
  const path = join(tmpdir(), `mmm-e2e-token-${randomUUID()}`);
  await writeFile(path, await installation.token(tenantId, subject, ['mmm_admin']), { mode: 0o600 });
  return path;
};
