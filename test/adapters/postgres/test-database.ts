import { openDatabase } from '../../../src/adapters/postgres/database.ts';
import type { Database } from '../../../src/adapters/postgres/database.ts';
import { migrateUp } from '../../../src/adapters/postgres/migrate.ts';
import { configRecords } from '../../admin/config-records.ts';
import { createDatabase, dropDatabase, uniqueName } from '../../infra/stack.ts';
import type { ConfigRecords } from '../../../src/admin/ports/config-change.ts';
import { silent } from './silent-logger.ts';

export interface TestDatabase {
  readonly url: string;
  /** As the owner of the tables (no role taken). */
  readonly owner: Database;
  readonly pipeline: Database;
  readonly api: Database;
  /** With `api` what a writer of definitions is made of. */
  readonly toRecord: ConfigRecords;
  open(role: 'mmm_pipeline' | 'mmm_api' | null): Database;
  drop(): Promise<void>;
}

/** A database of its own for one suite, migrated. */
export const makeDatabase = async (options: { migrate: boolean } = { migrate: true }): Promise<TestDatabase> => {
  const name = uniqueName('pg_test');
  const url = await createDatabase(name);
  const opened: Database[] = [];
  const open = (role: 'mmm_pipeline' | 'mmm_api' | null): Database => {
    const database = openDatabase({ url, role, maxConnections: 10, applicationName: 'test', logger: silent });
    opened.push(database);
    return database;
  };
  const owner = open(null);
  if (options.migrate) await migrateUp(owner);
  return {
    url,
    owner,
    pipeline: open('mmm_pipeline'),
    api: open('mmm_api'),
    toRecord: configRecords,
    open,
    async drop() {
      await Promise.all(opened.map(async (database) => await database.close()));
      await dropDatabase(name);
    },
  };
};
