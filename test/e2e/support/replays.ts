import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import type { Installation } from './installation.ts';

export interface ReplayAnswer {
  readonly code: number | null;
  readonly json: Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any -- answers are of many shapes
  readonly error: string | null;
}

/** `mmm replay ...` as a process of its own, as an operator gives it. */
export const replay = async (installation: Installation, ...args: readonly string[]): Promise<ReplayAnswer> => {
  const command = installation.start({ args: ['replay', ...args, '--json'] });
  const { code } = await command.exited;
  const answer = JSON.parse(command.printed.at(-1) ?? '{}') as ReplayAnswer['json'];
  const { code: error } = (answer['error'] ?? {}) as { code?: string };
  return { code, json: answer, error: error ?? null };
};

/** A file with the token of an operator of the tenant. */
export const tokenFile = async (installation: Installation, tenantId: string, subject: string): Promise<string> => {
  const path = join(tmpdir(), `mmm-e2e-token-${randomUUID()}`);
  await writeFile(path, await installation.token(tenantId, subject, ['mmm_admin']), { mode: 0o600 });
  return path;
};
