import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import { MmmError } from '../../errors.ts';

/** Where git runs and what it sees of the environment: the caller picks it, because GIT_DIR of a surrounding hook would name another repository. */
export interface GitPlace {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
}

export interface GitAnswer {
  readonly code: number;
  readonly output: string;
  readonly error: string;
}

type GitChild = ChildProcessByStdio<null, Readable, Readable>;

/**
 * The repository is a stranger's, and its own configuration can name programs: each of these switches one off, or a file that git would wait for.
 * What the user has configured (safe.directory) still counts.
 */
const SAFE_SETTINGS = [
  'core.fsmonitor=false',
  'core.hooksPath=/dev/null',
  'core.pager=cat',
  'core.attributesFile=/dev/null',
  'core.sshCommand=false',
  'diff.external=',
  'diff.orderFile=/dev/null',
  'gpg.program=false',
  'log.showSignature=false',
  'mailmap.file=',
  'protocol.allow=never',
];

/** A partial clone fetches what is missing through a program that its configuration names: no protocol is allowed, so nothing is started. */
const SAFE_ENVIRONMENT = {
  GIT_ALLOW_PROTOCOL: 'none',
  GIT_NO_LAZY_FETCH: '1',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_TERMINAL_PROMPT: '0',
  LC_ALL: 'C',
};

/** Longest error text kept, in characters: git repeats itself for every broken object. */
const ERROR_CHARS = 2_000;

/** Starts git, reading only. `output` is its standard output; `ended` gives exit code and error text. Throws PREREQUISITE_MISSING from `ended`. */
export const startGit = (
  place: GitPlace,
  args: readonly string[],
): { readonly child: GitChild; readonly ended: Promise<Omit<GitAnswer, 'output'>> } => {
  const settings = SAFE_SETTINGS.flatMap((setting) => ['-c', setting]);
  const child: GitChild = spawn('git', ['--no-pager', '-C', place.folder, ...settings, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...place.environment, ...SAFE_ENVIRONMENT },
  });
  let error = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (error.length < ERROR_CHARS) error = `${error}${text}`.slice(0, ERROR_CHARS);
  });
  const ended = new Promise<Omit<GitAnswer, 'output'>>((resolve, reject) => {
    child.once('error', (fault: NodeJS.ErrnoException) =>
      reject(
        fault.code === 'ENOENT'
          ? new MmmError('PREREQUISITE_MISSING', 'git is not installed, or not on the PATH')
          : fault,
      ),
    );
    child.once('close', (code) => resolve({ code: code ?? 1, error }));
  });
  // Who reads the output may throw before anybody waits for the end.
  ended.catch(() => undefined);
  return { child, ended };
};

/** Runs git to its end. Only for answers of a few lines. */
export const askGit = async (place: GitPlace, args: readonly string[]): Promise<GitAnswer> => {
  const { child, ended } = startGit(place, args);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  return { ...(await ended), output };
};
