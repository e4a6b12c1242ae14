import type { Ending } from '../../domain/decision/subject-resolved.ts';
import type { ActorKey } from '../../domain/ids.ts';
import type { Concerned, EndingQueue, EndingsInHand, OpenMatterRow } from '../../pipeline/ports/endings.ts';
import type { ActorCommit } from '../../pipeline/ports/journal.ts';

const MINUTE_MS = 60_000;
/** As the statement of PostgreSQL says. */
const LONGEST_WAIT_MINUTES = 1_024;

/** When it is looked at next; null: it was, and nothing of it changed since. */
interface Looked {
  nextMs: number | null;
  handedOut: number;
}
interface HeldEnding extends Looked {
  readonly tenantId: string;
  readonly matter: string;
  readonly actorId: string;
  readonly ending: Ending;
}
interface HeldMatter extends Looked, OpenMatterRow {
  readonly tenantId: string;
  readonly actorId: string;
}

const matterKey = (tenantId: string, matter: string): string => JSON.stringify([tenantId, matter]);

/** What the commits of the journal in memory opened and ended. */
export class MemoryEndings implements EndingQueue {
  readonly #endings = new Map<string, HeldEnding>();
  readonly #matters = new Map<string, Map<string, HeldMatter>>();
  readonly #toLook = new Set<HeldEnding | HeldMatter>();

  /** What a commit that won has opened and ended. */
  apply({ tenantId, actorId }: ActorKey, { openMatters, endings }: ActorCommit): void {
    for (const row of openMatters ?? []) {
      const holders = this.#matters.get(matterKey(tenantId, row.matter)) ?? new Map<string, HeldMatter>();
      this.#matters.set(matterKey(tenantId, row.matter), holders);
      this.#replace(holders, actorId, { ...row, tenantId, actorId, nextMs: -Infinity, handedOut: 0 });
    }
    for (const { matter, ending } of endings ?? []) {
      const key = matterKey(tenantId, matter);
      if ((this.#endings.get(key)?.ending.atMs ?? -Infinity) > ending.atMs) continue;
      this.#replace(this.#endings, key, { tenantId, matter, actorId, ending, nextMs: -Infinity, handedOut: 0 });
    }
  }

  take(nowMs: number, limit: number): Promise<EndingsInHand> {
    const due = [...this.#toLook].filter(({ nextMs }) => nextMs !== null && nextMs <= nowMs).slice(0, limit);
    for (const one of due) {
      one.nextMs = nowMs + Math.min(2 ** one.handedOut, LONGEST_WAIT_MINUTES) * MINUTE_MS;
      one.handedOut += 1;
    }
    return Promise.resolve({
      concerned: due.flatMap((one) => ('ending' in one ? this.#holdersOf(one, nowMs) : this.#endingOf(one))),
      taken: due.length,
      settle: () => {
        for (const one of due) this.#toLook.delete(one);
        return Promise.resolve();
      },
    });
  }

  #holdersOf({ tenantId, matter, actorId, ending }: HeldEnding, nowMs: number): Concerned[] {
    return [...(this.#matters.get(matterKey(tenantId, matter))?.values() ?? [])]
      .filter((held) => held.actorId !== actorId && held.sinceMs <= ending.atMs && held.untilMs > nowMs)
      .map((held) => ({ tenantId, actorId: held.actorId, actorType: held.actorType, ending }));
  }

  #endingOf({ tenantId, matter, actorId, actorType, sinceMs }: HeldMatter): Concerned[] {
    const found = this.#endings.get(matterKey(tenantId, matter));
    return found === undefined || found.ending.atMs < sinceMs
      ? []
      : [{ tenantId, actorId, actorType, ending: found.ending }];
  }

  #replace<T extends HeldEnding | HeldMatter>(held: Map<string, T>, key: string, one: T): void {
    const before = held.get(key);
    if (before !== undefined) this.#toLook.delete(before);
    held.set(key, one);
    this.#toLook.add(one);
  }
}
