import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { PoolClient } from 'pg';
import { MmmError } from '../../errors.ts';
import type { Database } from './database.ts';
import { asDatabaseError } from './database-errors.ts';

export type TenantTx = NodePgDatabase;

/** Drizzle wraps the driver's errors; the cause is what tells an outage from a fault. */
const unwrapped = (error: unknown): Error =>
  asDatabaseError(
    error instanceof Error && !(error instanceof MmmError) && error.cause instanceof Error ? error.cause : error,
  );

/** Runs `work` as that tenant (role mmm_api): row level security shows and takes this tenant's rows only, whatever the queries say. */
export const asTenant = async <T>(api: Database, tenantId: string, work: (tx: TenantTx) => Promise<T>): Promise<T> =>
  await api.transaction(async (_tx, client: PoolClient) => {
    try {
      const tx = drizzle(client);
      await tx.execute(sql`SELECT set_config('mmm.tenant', ${tenantId}, true)`);
      return await work(tx);
    } catch (error) {
      throw unwrapped(error);
    }
  });
