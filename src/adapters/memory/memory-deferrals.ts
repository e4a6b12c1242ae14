import type { ActorKey } from '../../domain/ids.ts';
import type { MmmSignalInput } from '../../generated/records.ts';
import type { DeferralKey, DeferralQueue, DueDeferral } from '../../pipeline/ports/deferrals.ts';
import type { ActorCommit } from '../../pipeline/ports/journal.ts';

const MINUTE_MS = 60_000;
/** As the statement of PostgreSQL says. */
const LONGEST_WAIT_MINUTES = 1_024;

interface Held {
  readonly due: DueDeferral;
  nextMs: number;
  handedOut: number;
}

const keyOf = ({ tenantId, actionId }: DeferralKey): string => JSON.stringify([tenantId, actionId]);

/** The deferrals of the journal in memory. What is closed is forgotten: nothing asks for it again. */
export class MemoryDeferrals implements DeferralQueue {
  readonly #waiting = new Map<string, Held>();

  /** What a commit that won has put off and closed. */
  apply({ tenantId, actorId }: ActorKey, { deferrals, closedDeferrals, hastenedDeferrals }: ActorCommit): void {
    for (const { actionId, decisionId, attempt, dueAtMs, signal } of deferrals ?? []) {
      const due = { tenantId, actorId, actionId, decisionId, attempt, dueAtMs, signal };
      this.#waiting.set(keyOf(due), { due, nextMs: dueAtMs, handedOut: 0 });
    }
    for (const { actionId } of closedDeferrals ?? []) this.#waiting.delete(keyOf({ tenantId, actionId }));
    for (const { actionId, dueAtMs } of hastenedDeferrals ?? []) {
      const key = keyOf({ tenantId, actionId });
      const held = this.#waiting.get(key);
      if (held !== undefined) this.#waiting.set(key, { due: { ...held.due, dueAtMs }, nextMs: dueAtMs, handedOut: 0 });
    }
  }

  claim(nowMs: number, limit: number): Promise<readonly DueDeferral[]> {
    const due = [...this.#waiting.values()]
      .filter(({ nextMs }) => nextMs <= nowMs)
      .sort((a, b) => a.nextMs - b.nextMs)
      .slice(0, limit);
    for (const held of due) {
      held.nextMs = nowMs + Math.min(2 ** held.handedOut, LONGEST_WAIT_MINUTES) * MINUTE_MS;
      held.handedOut += 1;
    }
    return Promise.resolve(due.map((held) => held.due).sort((a, b) => a.dueAtMs - b.dueAtMs));
  }

  signals(deferrals: readonly DeferralKey[]): ReadonlyMap<string, MmmSignalInput> {
    return new Map(
      deferrals.flatMap((key) => {
        const held = this.#waiting.get(keyOf(key));
        return held === undefined ? [] : [[key.actionId, held.due.signal] as const];
      }),
    );
  }

  /** When the next one is to be handed out; null: nothing waits. For a clock that is moved by hand. */
  nextAtMs(): number | null {
    let next: number | null = null;
    for (const { nextMs } of this.#waiting.values()) next = next === null ? nextMs : Math.min(next, nextMs);
    return next;
  }
}
