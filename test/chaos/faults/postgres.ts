import { setTimeout as delay } from 'node:timers/promises';
import { recovered } from '../recovery.ts';
import { asSuperuser } from '../superuser.ts';
import type { Fault } from './fault.ts';
import { restored } from './postgres-restored.ts';

const AWAY_MS = 4_000;
const TERMINATIONS = 8;
const BETWEEN_MS = 400;
const LOCKED_MS = 6_000;
const SLOW_MS = 250;

const away = (name: string, what: string, how: 'stop' | 'kill'): Fault => ({
  name,
  what,
  seconds: 15,
  inject: async (site) => {
    await site.stack.parts.postgres![how]();
    await delay(AWAY_MS);
    await site.stack.parts.postgres!.restart();
    return await recovered(site, performance.now());
  },
});

const locked = (table: string): Fault => ({
  name: `postgres-locked-${table.replace('mmm_', '')}`,
  what: `${table} is locked for ${LOCKED_MS / 1_000} s`,
  seconds: 14,
  inject: async (site) => {
    await asSuperuser(site, async (client) => {
      await client.query('BEGIN');
      await client.query(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
      await delay(LOCKED_MS);
      await client.query('ROLLBACK');
    });
    return await recovered(site, performance.now());
  },
});

export const POSTGRES_FAULTS: readonly Fault[] = [
  restored,
  {
    name: 'postgres-terminated',
    what: `pg_terminate_backend of every connection, ${TERMINATIONS} times`,
    seconds: 10,
    inject: async (site) => {
      await asSuperuser(site, async (client) => {
        for (let n = 0; n < TERMINATIONS; n++) {
          await client.query(
            'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
          );
          await delay(BETWEEN_MS);
        }
      });
      return await recovered(site, performance.now());
    },
  },
  {
    name: 'postgres-answers-lost',
    what: 'what PostgreSQL has done is not heard: its answers are held, then every connection breaks',
    seconds: 8,
    inject: async (site) => {
      site.databaseWay.slow(SLOW_MS);
      await delay(4 * SLOW_MS);
      await site.databaseWay.cut();
      site.databaseWay.slow(0);
      await site.databaseWay.open();
      return await recovered(site, performance.now());
    },
  },
  away('postgres-stop', `PostgreSQL is stopped for ${AWAY_MS / 1_000} s`, 'stop'),
  away('postgres-kill', `kill -9 of PostgreSQL, back after ${AWAY_MS / 1_000} s`, 'kill'),
  locked('mmm_shards'),
  locked('mmm_journal'),
];
