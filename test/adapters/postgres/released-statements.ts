import { expect } from '@jest/globals';
import type { Database } from '../../../src/adapters/postgres/database.ts';
import { MmmError } from '../../../src/errors.ts';

/** One statement as a release sent it, with what it was answered. */
export interface Sent {
  readonly step: string;
  readonly sql: string;
  readonly values: readonly unknown[];
  readonly rows?: readonly unknown[];
  /** Our code for what the server refused it with. */
  readonly error?: string;
}

/** Bytes have no place in JSON. */
const toJson = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return { base64: Buffer.from(value).toString('base64') };
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Date) return { date: value.toISOString() };
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, toJson(member)]));
};

const fromJson = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(fromJson);
  if (typeof value !== 'object' || value === null || !('base64' in value)) return value;
  return Buffer.from(String(value.base64), 'base64');
};

/** What its reader takes from a line of the journal that the other release wrote: which it is and what became of it. What else it says may have grown. */
const READ_OF_AN_ENTRY = 5;

const comparable = (rows: readonly unknown[] | undefined): unknown =>
  rows?.map((row) => {
    const plain = toJson(row) as Record<string, unknown>;
    const { entries } = plain;
    if (!Array.isArray(entries)) return plain;
    return { ...plain, entries: entries.map((entry: unknown[]) => entry.slice(0, READ_OF_AN_ENTRY)) };
  });

/** The database of a process, and a list of all that it is asked. */
export const recording = (database: Database, sent: Sent[], step: () => string): Database => ({
  ...database,
  query: async <Row>(sql: string, values: readonly unknown[] = []) => {
    const asked = { step: step(), sql, values: values.map(toJson) };
    try {
      const rows = await database.query<Row>(sql, values);
      sent.push({ ...asked, rows: rows.map(toJson) });
      return rows;
    } catch (error) {
      if (error instanceof MmmError) sent.push({ ...asked, error: error.code });
      throw error;
    }
  },
});

/** Sends what was recorded of this step, word for word, and holds the answers to what they were. */
export const sendAgain = async (database: Database, sent: readonly Sent[], step: string): Promise<void> => {
  const ofStep = sent.filter((one) => one.step === step);
  expect({ step, statements: ofStep.length > 0 }).toEqual({ step, statements: true });
  for (const { sql, values, rows, error } of ofStep) {
    const answer = await database.query<unknown>(sql, values.map(fromJson)).then(
      (found) => ({ rows: comparable(found) }),
      (thrown: unknown) => {
        if (thrown instanceof MmmError) return { error: thrown.code };
        throw thrown;
      },
    );
    expect({ step, ...answer }).toEqual(error === undefined ? { step, rows: comparable(rows) } : { step, error });
  }
};
