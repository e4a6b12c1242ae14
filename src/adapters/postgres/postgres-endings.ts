import type { Ending } from '../../domain/decision/subject-resolved.ts';
import type { MmmSignalInput } from '../../generated/records.ts';
import type { EndingQueue, EndingsInHand } from '../../pipeline/ports/endings.ts';
import type { Database } from './database.ts';
import { sqlFile } from './sql-file.ts';

interface TakenRow {
  readonly kind: 'ending' | 'matter';
  readonly tenant_id: string;
  readonly matter: string;
  /** Whose matter; '' for an ending. */
  readonly of_actor: string;
  readonly taken: string;
  readonly facts: string | null;
  /** Who is told; null: nobody. */
  readonly actor_id: string | null;
  readonly actor_type: MmmSignalInput['actor_type'] | null;
}

/** What was ended and who holds it open, as role mmm_pipeline. The rows are written by the commit (migrations/0012_endings.sql). */
export class PostgresEndings implements EndingQueue {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async take(nowMs: number, limit: number): Promise<EndingsInHand> {
    const rows = await this.#database.query<TakenRow>(sqlFile('take-endings'), [nowMs, limit]);
    const taken = [
      ...new Map(
        rows.map((row) => [JSON.stringify([row.kind, row.tenant_id, row.matter, row.of_actor]), row]),
      ).values(),
    ];
    const ofKind = (kind: TakenRow['kind']): number => taken.filter((row) => row.kind === kind).length;
    return {
      concerned: rows.flatMap(({ tenant_id, actor_id, actor_type, facts }) =>
        actor_id === null || actor_type === null || facts === null
          ? []
          : [{ tenantId: tenant_id, actorId: actor_id, actorType: actor_type, ending: JSON.parse(facts) as Ending }],
      ),
      taken: Math.max(ofKind('ending'), ofKind('matter')),
      settle: async () => {
        await this.#database.query(sqlFile('settle-endings'), [
          taken.map((row) => row.kind),
          taken.map((row) => row.tenant_id),
          taken.map((row) => row.matter),
          taken.map((row) => row.of_actor),
          taken.map((row) => row.taken),
        ]);
      },
    };
  }
}
