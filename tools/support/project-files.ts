import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run } from './run.ts';

/** Paths git knows or would add (relative, sorted), so that installed and generated-at-run-time files stay out. */
export function projectFiles(): string[] {
  const listed = run('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z']);
  if (listed.status !== 0) throw new Error(`git ls-files failed: ${listed.out}`);
  return [...new Set(listed.out.split('\0'))].filter((path) => path !== '' && existsSync(join(ROOT, path))).sort();
}

/** Text of a project file; binary content comes out as replacement characters, which no check here looks for. */
export function textOf(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}
