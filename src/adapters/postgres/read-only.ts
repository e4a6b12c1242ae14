import type { Database, Queryable } from './database.ts';

/** A database that answers and takes nothing: each statement runs in a READ ONLY transaction, whatever the role could do. */
export const readOnly = (database: Database): Queryable & Pick<Database, 'listen'> => ({
  query: async (text, values) =>
    await database.transaction(async (tx) => {
      await tx.query('SET TRANSACTION READ ONLY');
      return await tx.query(text, values);
    }),
  listen: (channel, callback) => database.listen(channel, callback),
});
