import { readFile, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { type ErrorCode, MmmError } from '../../errors.ts';
import { printable } from '../../replay/try/printable.ts';
import type { HistorySummary } from '../../replay/try/history.ts';
import { askGit, type GitPlace } from './git-process.ts';

/** A repository's name is an id of the signals made from it: at most 255 characters there, and this is enough to know it by. */
const NAME_CHARS = 100;

const GIT_SAYS_CHARS = 300;

/**
 * What the folder holds, or a clear answer why nothing can be read from it: absent, a file, no permission, no repository, another user's, no
 * commits, HEAD on a branch that is not there, damaged.
 */
export const inspectRepository = async (place: GitPlace): Promise<HistorySummary> => {
  await mustBeFolder(place.folder);
  const [bare, shallow] = await kindOf(place);
  const head = await askGit(place, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}']);
  if (head.code !== 0) throw await withoutHead(place, head.error);
  const count = await askGit(place, ['rev-list', '--count', 'HEAD']);
  if (count.code !== 0) throw unreadable(place.folder, 'its commits can not be read', count.error);
  return {
    name: await nameOf(place, bare),
    commits: Number(count.output.trim()),
    rootId: await rootOf(place),
    bare,
    shallow,
    cutOff: shallow ? await cutOffOf(place) : new Set(),
  };
};

const mustBeFolder = async (folder: string): Promise<void> => {
  const shown = printable(folder);
  try {
    if ((await stat(folder)).isDirectory()) return;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new MmmError('NOT_A_REPOSITORY', `${shown}: there is no such folder`);
    throw new MmmError('NOT_A_REPOSITORY', `${shown}: can not be looked at (${code ?? 'unknown fault'})`);
  }
  throw new MmmError('NOT_A_REPOSITORY', `${shown}: is a file; give the folder of a git repository`);
};

const kindOf = async (place: GitPlace): Promise<readonly [bare: boolean, shallow: boolean]> => {
  const answer = await askGit(place, ['rev-parse', '--is-bare-repository', '--is-shallow-repository']);
  if (answer.code !== 0) {
    // Asked of git once more without its check, because its words for it change: then it is a repository, and only its owner stands in the way.
    const anyOwner = await askGit(place, ['-c', 'safe.directory=*', 'rev-parse', '--git-dir']);
    throw anyOwner.code === 0
      ? unreadable(place.folder, ownedByAnother(place.folder), answer.error)
      : refusal('NOT_A_REPOSITORY', place.folder, 'git finds no repository there', answer.error);
  }
  const [bare, shallow] = answer.output.trim().split('\n');
  return [bare === 'true', shallow === 'true'];
};

const ownedByAnother = (folder: string): string =>
  `it belongs to another user, and git reads such a repository only if you say so: git config --global --add safe.directory '${folder}'`;

const withoutHead = async (place: GitPlace, gitSays: string): Promise<MmmError> => {
  const head = (await askGit(place, ['symbolic-ref', '--quiet', '--short', 'HEAD'])).output.trim();
  const branches = await askGit(place, ['for-each-ref', '--count=5', '--format=%(refname:short)', 'refs/heads']);
  const known = branches.output.split('\n').filter((name) => name !== '');
  if (head === '') return unreadable(place.folder, 'HEAD points to a commit that is not there', gitSays);
  if (known.includes(head))
    return unreadable(place.folder, `the newest commit of its branch ${head} can not be read`, gitSays);
  return known.length === 0
    ? refusal('REPOSITORY_EMPTY', place.folder, 'it has no commits yet, so there is nothing to look at', gitSays)
    : refusal(
        'REPOSITORY_EMPTY',
        place.folder,
        `HEAD is on the branch ${head}, which has no commits. Branches that have some: ${known.join(', ')}`,
        gitSays,
      );
};

/** The folder's own name: of the working tree, of the bare repository without `.git`, of the one that holds `.git`. */
const nameOf = async (place: GitPlace, bare: boolean): Promise<string> => {
  const tree = bare ? null : await askGit(place, ['rev-parse', '--show-toplevel']);
  const answer = tree?.code === 0 ? tree : await askGit(place, ['rev-parse', '--absolute-git-dir']);
  const folder = answer.output.replace(/\n$/, '').replace(/[/\\]\.git$/, '');
  const name = printable(basename(folder).replace(/\.git$/, '')).trim();
  return Array.from(name).slice(0, NAME_CHARS).join('') || 'repository';
};

const rootOf = async (place: GitPlace): Promise<string> => {
  const roots = await askGit(place, ['rev-list', '--max-parents=0', 'HEAD']);
  return roots.output.trim().split('\n').at(-1) ?? '';
};

/** Commits whose parents a shallow clone left out. Git shows them as if they had made everything they hold. */
const cutOffOf = async (place: GitPlace): Promise<ReadonlySet<string>> => {
  const path = (await askGit(place, ['rev-parse', '--git-path', 'shallow'])).output.replace(/\n$/, '');
  const text = await readFile(resolve(place.folder, path), 'utf8');
  return new Set(text.split('\n').filter((line) => line !== ''));
};

export const unreadable = (folder: string, why: string, gitSays: string): MmmError =>
  refusal('REPOSITORY_UNREADABLE', folder, why, gitSays);

const refusal = (code: ErrorCode, folder: string, why: string, gitSays: string): MmmError => {
  const first = gitSays.split('\n').find((line) => line.trim() !== '');
  return new MmmError(code, printable(`${folder}: ${why}`), {
    details: first === undefined ? {} : { git: printable(first).slice(0, GIT_SAYS_CHARS) },
  });
};
