import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface ScriptedCommit {
  /** Seconds since 1970. */
  readonly at: number;
  readonly message?: string;
  readonly name?: string;
  readonly email?: string;
  /** As git writes it: +0530. */
  readonly zone?: string;
  readonly files?: Readonly<Record<string, string>>;
  /** Index of the commit it follows; default the one before. */
  readonly from?: number;
  /** Index of the commit it merges. */
  readonly merge?: number;
}

const bytes = (text: string | Buffer): Buffer => (typeof text === 'string' ? Buffer.from(text) : text);
const data = (text: string): string => `data ${bytes(text).length}\n${text}\n`;

/** A path as `git fast-import` reads it, whatever bytes it holds. */
const quoted = (path: string): string =>
  `"${[...bytes(path)].map((byte) => (byte >= 32 && byte < 127 && byte !== 34 && byte !== 92 ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`)).join('')}"`;

const person = (commit: ScriptedCommit): string =>
  `${commit.name ?? 'Ann'} <${commit.email ?? 'ann@example.org'}> ${commit.at} ${commit.zone ?? '+0000'}\n`;

const commitText = (commit: ScriptedCommit, index: number): string => {
  const from = commit.from ?? index - 1;
  return [
    `commit refs/heads/main\nmark :${index + 1}\n`,
    `author ${person(commit)}committer ${person(commit)}`,
    data(commit.message ?? `change ${index}`),
    from < 0 ? '' : `from :${from + 1}\n`,
    commit.merge === undefined ? '' : `merge :${commit.merge + 1}\n`,
    ...Object.entries(commit.files ?? {}).map(([path, text]) => `M 644 inline ${quoted(path)}\n${data(text)}`),
    '\n',
  ].join('');
};

export const git = (folder: string, ...args: string[]): string =>
  execFileSync('git', ['-C', folder, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: folder },
  });

export const newFolder = (): string => mkdtempSync(join(tmpdir(), 'mmm-try-'));

/** A repository with exactly these commits on `main`. Nothing is checked out. */
export const scriptedRepository = (commits: readonly ScriptedCommit[], folder = newFolder()): string => {
  git(folder, 'init', '-q', '-b', 'main');
  execFileSync('git', ['-C', folder, 'fast-import', '--quiet', '--date-format=raw-permissive'], {
    input: commits.map(commitText).join(''),
  });
  return folder;
};

export const linesOf = (count: number): string => 'line\n'.repeat(count);

export const ENVIRONMENT: Readonly<Record<string, string>> = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  HOME: '/nonexistent',
};
