/** What the log needs of a database: the adapter of PostgreSQL satisfies it (adapters do not import each other). Errors are MmmErrors. */
export interface SqlDatabase {
  query<Row>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** Calls back with each payload, and with null when something may have been missed. */
  listen(channel: string, callback: (payload: string | null) => void): () => void;
}
