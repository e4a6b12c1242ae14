import type { Clock } from '../../pipeline/ports/clock.ts';
import type { RecordWriter } from '../../pipeline/ports/intake.ts';
import type { OutputRecord } from '../../pipeline/ports/records.ts';
import { appendArguments } from './append-arguments.ts';
import type { PartitionsOf } from './append-arguments.ts';
import type { SqlDatabase } from './sql-database.ts';
import { logSql } from './sql-file.ts';

/** Appends to the embedded log: durable, and visible in offset order per partition, when it resolves. Throws DATABASE_UNAVAILABLE. */
export class LogWriter implements RecordWriter {
  readonly #database: SqlDatabase;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #partitionsOf: PartitionsOf;

  constructor(database: SqlDatabase, clock: Pick<Clock, 'now'>, partitionsOf: PartitionsOf) {
    this.#database = database;
    this.#clock = clock;
    this.#partitionsOf = partitionsOf;
  }

  async append(records: readonly OutputRecord[]): Promise<void> {
    if (records.length === 0) return;
    await this.#database.query(logSql('append'), appendArguments(records, this.#clock.now(), this.#partitionsOf));
  }

  async close(): Promise<void> {
    // The database is closed by whoever opened it; nothing is held back here.
  }
}
