import pg from 'pg';
import type { Site } from './site.ts';

/** In the engine's database, by no way that a fault cuts: locks, terminated backends and the place of the data are not for its own role. */
export const asSuperuser = async (site: Site, work: (client: pg.Client) => Promise<void>): Promise<void> => {
  const client = new pg.Client({ connectionString: site.superuserUrl });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
};
