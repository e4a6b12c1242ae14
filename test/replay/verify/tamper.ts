import type { Database, Queryable } from '../../../src/adapters/postgres/database.ts';
import type { TestDatabase } from '../../adapters/postgres/test-database.ts';

/** Always the same draws, so that a red case can be had again. */
export const drawing = (seed: number): ((below: number) => number) => {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};

/** One bit of one byte of this text: stays ASCII, never NUL. */
export const flipped = (text: string, at: number): string => {
  const code = text.charCodeAt(at);
  return text.slice(0, at) + String.fromCharCode(code === 1 ? 3 : code ^ 1) + text.slice(at + 1);
};

const TABLES = [
  'mmm_actors',
  'mmm_journal',
  'mmm_journal_purged',
  'mmm_decisions',
  'mmm_actions',
  'mmm_deferrals',
  'mmm_outcomes',
  'mmm_playbooks',
  'mmm_tenant_policies',
  'mmm_audit',
] as const;

/** The owner of the tables is bound by row level security as everybody: not in this database any more, so that one connection can change and read. */
export const letOwnerWrite = async ({ owner }: TestDatabase): Promise<void> => {
  for (const table of TABLES) await owner.query(`ALTER TABLE ${table} NO FORCE ROW LEVEL SECURITY`);
};

/** Works in a transaction that is always rolled back; `inside` reads what was changed in it. */
export const undone = async (
  { owner }: TestDatabase,
  work: (inside: Database, tx: Queryable) => Promise<void>,
): Promise<void> => {
  let failure: Error | null = null;
  const undo = new TypeError('undo');
  const run = owner.transaction(async (tx, client) => {
    // What reads says so of its own transactions; here all of them are this one, which goes on writing.
    const read: Queryable['query'] = async (text, values) =>
      text === 'SET TRANSACTION READ ONLY'
        ? []
        : await tx.query(text.replace(`set_config('transaction_read_only', 'on', true), `, ''), values);
    const inside: Database = {
      query: read,
      transaction: async (nested) => await nested({ query: read }, client),
      listen: () => () => undefined,
      close: () => Promise.resolve(),
    };
    await work(inside, tx).catch((error: Error) => {
      failure = error;
    });
    throw undo;
  });
  await run.catch((error: unknown) => {
    if (error !== undo) throw error;
  });
  if ((failure as Error | null) !== null) throw failure as unknown as Error;
};
