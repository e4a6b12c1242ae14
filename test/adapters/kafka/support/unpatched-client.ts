import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const PATCH = join(ROOT, 'patches', 'kafkajs+2.2.4.patch');

/** The client as it is published: our patch taken off a copy of the installed one. */
export interface UnpatchedClient {
  /** A module of it, by its path in the package. */
  load(path: string): unknown;
  remove(): void;
}

export function unpatchedClient(): UnpatchedClient {
  const folder = mkdtempSync(join(tmpdir(), 'mmm-kafkajs-'));
  mkdirSync(join(folder, 'node_modules'));
  cpSync(join(ROOT, 'node_modules', 'kafkajs'), join(folder, 'node_modules', 'kafkajs'), { recursive: true });
  execFileSync('git', ['apply', '-R', PATCH], {
    cwd: folder,
    env: { PATH: process.env['PATH'], GIT_CEILING_DIRECTORIES: folder },
  });
  const load = createRequire(join(folder, 'file.js'));
  return {
    load: (path) => load(`kafkajs/${path}`) as unknown,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
