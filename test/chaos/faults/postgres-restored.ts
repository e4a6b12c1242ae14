import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { waitFor } from '../../e2e/support/engine-process.ts';
import { PARTITIONS } from '../plan-signal.ts';
import { probe, published, recovered, settle } from '../recovery.ts';
import type { Site } from '../site.ts';
import { asSuperuser } from '../superuser.ts';
import type { Fault } from './fault.ts';

const run = promisify(execFile);
const STOPS_WITHIN_MS = 120_000;
const ASKS = 6;

const folderOf = async (site: Site): Promise<string> => {
  let folder = '';
  await asSuperuser(site, async (client) => {
    const { rows } = await client.query<{ data_directory: string }>('SHOW data_directory');
    folder = rows[0]!.data_directory;
  });
  return folder;
};

const copy = async (from: string, to: string): Promise<void> => {
  await run('rm', ['-rf', to]);
  // With owner and modes: the server refuses others.
  await run('cp', ['-a', from, to]);
};

/** A backup is started as one: PostgreSQL ends its recovery and opens a new timeline, by which the engine knows. */
const asBackup = async (data: string): Promise<void> => {
  await writeFile(`${data}/recovery.signal`, '');
  await run('sh', ['-c', `echo "restore_command = 'false'" >> "$0"/postgresql.auto.conf`, data]);
};

export const restored: Fault = {
  name: 'postgres-restored',
  what: 'PostgreSQL comes back as before the last batch: the shards stop; restored to its latest state they go on',
  seconds: 60,
  inject: async (site) => {
    const { generator, asker, fleet } = site;
    generator.pause();
    asker.pause();
    await asker.answered();
    await settle(site);
    const server = site.stack.parts.postgres!;
    const data = await folderOf(site);
    const [before, latest] = [`${data}-before`, `${data}-latest`];
    try {
      await server.stop();
      await copy(data, before);
      await server.restart();
      await published(site, probe(site));
      await settle(site);

      await server.stop();
      await copy(data, latest);
      await copy(before, data);
      await asBackup(data);
      const mark = fleet.mark();
      await server.restart();
      await allStopped(site, mark);
      await nothingDecided(site);

      await server.stop();
      await copy(latest, data);
      await server.restart();
      const mendedAt = performance.now();
      generator.resume();
      asker.resume();
      return await recovered(site, mendedAt);
    } finally {
      generator.resume();
      asker.resume();
      await run('rm', ['-rf', before, latest]);
    }
  },
};

/** Each shard published the last batch, so each has a cursor above what PostgreSQL knows: none may go on. */
const allStopped = async (site: Site, mark: ReturnType<Site['fleet']['mark']>): Promise<void> => {
  const stopped = new Set<unknown>();
  await waitFor(
    'every shard to stop with DATABASE_WENT_BACK',
    () => {
      for (const { level, partition, code } of site.fleet.logged('session_ended', mark))
        if (level === 'error' && code === 'DATABASE_WENT_BACK') stopped.add(partition);
      return Promise.resolve(stopped.size === PARTITIONS ? true : null);
    },
    STOPS_WITHIN_MS,
  );
};

/** Over HTTP a decision would be written to a history that is not the true one. */
const nothingDecided = async (site: Site): Promise<void> => {
  for (let n = 0; n < ASKS; n++) {
    const { status, result } = await site.asker.tryOnce('acme', `a${n}`);
    if (status === 200 && result !== 'over_budget')
      throw new Error(`a client was told "${result}" while PostgreSQL lacked commits`);
  }
};
