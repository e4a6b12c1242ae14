import type { OutcomeResult } from '../../src/domain/vocabulary.ts';
import type { MmmDelivery } from '../../src/generated/records.ts';
import type { Cluster } from './cluster.ts';
import { deliveryIn } from './remains.ts';
import { RAW_LANES, TENANT } from './workload.ts';

/** A report as its reader wrote it, wherever it came to lie. */
export interface Report {
  readonly outcomeId: string;
  readonly decisionId: string;
  readonly actionId: string;
  readonly actorId: string;
  readonly result: OutcomeResult;
  /** Whose action it is: another actor's report on it must not be believed. */
  readonly ownerId: string;
}

const LOOK_EVERY_MS = 300;
/** Enough of them to race, few enough to leave the time to the signals. */
const REPORTS_MAX = 40;
const ABOUT: readonly OutcomeResult[] = ['shown', 'shown', 'ignored', 'accepted', 'dismissed', 'failed'];

/** The people at the surfaces: they see what a read_committed consumer sees, and report on some of it; some of them twice, wrongly, or for others. */
export class Readers {
  readonly #cluster: Cluster;
  readonly #seen = new Set<string>();
  readonly reports: Report[] = [];

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Until then they look. */
  look(untilMs: number): void {
    const { world, broker } = this.#cluster;
    for (const record of [...broker.visible('mmm.delivery.ide'), ...broker.visible('mmm.delivery.ci')]) {
      const delivery = deliveryIn(record);
      if (this.#seen.has(delivery.action_id)) continue;
      this.#seen.add(delivery.action_id);
      this.#reportOn(delivery);
    }
    if (world.nowMs + LOOK_EVERY_MS < untilMs)
      world.after(LOOK_EVERY_MS, null, 'readers look', () => this.look(untilMs));
  }

  #reportOn({ decision_id, action_id, actor_id }: MmmDelivery): void {
    const { reportRandom: random } = this.#cluster;
    if (this.reports.length >= REPORTS_MAX || random.chance(0.4)) return;
    const count = 1 + random.below(3);
    for (let nth = 0; nth < count; nth++) {
      const report: Report = {
        outcomeId: `o${this.reports.length}`,
        decisionId: decision_id,
        actionId: action_id,
        actorId: random.chance(0.15) ? `a${random.below(5)}` : actor_id,
        result: random.pick(ABOUT),
        ownerId: actor_id,
      };
      this.reports.push(report);
      this.#put(report);
      // Sent again, because the answer was lost; it may come by another partition and overtake the first.
      if (random.chance(0.3)) this.#put(report);
    }
  }

  #put(report: Report): void {
    const { world, reports, reportRandom: random } = this.#cluster;
    world.after(random.between(0, 2_000), null, `${report.outcomeId} (${report.result}) is reported`, () => {
      const { outcomeId, decisionId, actionId, actorId, result } = report;
      const document = {
        outcome_id: outcomeId,
        tenant_id: TENANT,
        decision_id: decisionId,
        action_id: actionId,
        actor_id: actorId,
        result,
        ...(result === 'dismissed' || result === 'failed' ? { reason: 'for a reason' } : {}),
        occurred_at: new Date(world.wallMs).toISOString(),
      };
      reports.put(random.below(RAW_LANES), actorId, Buffer.from(JSON.stringify(document)));
    });
  }
}
