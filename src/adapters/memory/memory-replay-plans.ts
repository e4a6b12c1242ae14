import type { NewPlan, PlanStore, StoredPlan } from '../../replay/plan/plan-store.ts';
import { NO_PROGRESS, type RunProgress } from '../../replay/run/progress.ts';

type Change = Partial<Omit<StoredPlan, keyof NewPlan>>;

/** Plans in memory, with the rules of the table. */
export class MemoryPlanStore implements PlanStore {
  readonly #now: () => number;
  readonly #plans = new Map<string, StoredPlan>();

  constructor(now: () => number) {
    this.#now = now;
  }

  now(): Promise<number> {
    return Promise.resolve(this.#now());
  }

  insert(plan: NewPlan): Promise<void> {
    const none = { approvedBy: null, approvedAtMs: null, approval: null, runner: null, runBy: null, startedAtMs: null };
    const open = { finishedAtMs: null, failure: null, report: null, receiptId: null, receipt: null };
    this.#plans.set(key(plan), { ...plan, ...none, ...open, state: 'planned', progress: NO_PROGRESS });
    return Promise.resolve();
  }

  find(tenantId: string, planId: string): Promise<StoredPlan | null> {
    return Promise.resolve(this.#plans.get(key({ tenantId, planId })) ?? null);
  }

  list(tenantId: string, limit: number): Promise<readonly StoredPlan[]> {
    const own = [...this.#plans.values()].filter((plan) => plan.tenantId === tenantId);
    return Promise.resolve(own.sort((a, b) => b.plannedAtMs - a.plannedAtMs).slice(0, limit));
  }

  approve(
    tenantId: string,
    planId: string,
    { by, atMs, approval }: { readonly by: string; readonly atMs: number; readonly approval: string },
  ): Promise<boolean> {
    return this.#change(
      { tenantId, planId },
      ({ state }) => state === 'planned',
      () => ({
        ...{ approvedBy: by, approvedAtMs: atMs, approval, state: 'approved' },
      }),
    );
  }

  start(
    tenantId: string,
    planId: string,
    { runner, by, atMs }: { readonly runner: string; readonly by: string; readonly atMs: number },
  ): Promise<boolean> {
    return this.#change(
      { tenantId, planId },
      ({ state }) => state !== 'planned' && state !== 'done',
      (plan) => ({
        ...{ runner, runBy: by, startedAtMs: plan.startedAtMs ?? atMs, failure: null, state: 'running' },
      }),
    );
  }

  note(tenantId: string, planId: string, runner: string, progress: RunProgress): Promise<boolean> {
    return this.#change({ tenantId, planId }, runs(runner), () => ({ progress }));
  }

  async keepReceipt(
    tenantId: string,
    planId: string,
    runner: string,
    made: { readonly report: string; readonly receiptId: string; readonly receipt: string },
  ): Promise<{ readonly report: string; readonly receipt: string } | null> {
    let kept: { report: string; receipt: string } | null = null;
    await this.#change({ tenantId, planId }, runs(runner), (plan) => {
      const { report, receiptId, receipt } = made;
      kept = { report: plan.report ?? report, receipt: plan.receipt ?? receipt };
      return { ...kept, receiptId: plan.receiptId ?? receiptId };
    });
    return kept;
  }

  finish(tenantId: string, planId: string, runner: string, atMs: number): Promise<boolean> {
    return this.#change({ tenantId, planId }, runs(runner), () => ({ state: 'done', finishedAtMs: atMs }));
  }

  fail(tenantId: string, planId: string, runner: string, failure: string): Promise<boolean> {
    return this.#change({ tenantId, planId }, runs(runner), () => ({ state: 'failed', failure }));
  }

  #change(
    which: Pick<StoredPlan, 'tenantId' | 'planId'>,
    may: (plan: StoredPlan) => boolean,
    change: (plan: StoredPlan) => Change,
  ): Promise<boolean> {
    const plan = this.#plans.get(key(which));
    if (plan === undefined || !may(plan)) return Promise.resolve(false);
    this.#plans.set(key(which), { ...plan, ...change(plan) });
    return Promise.resolve(true);
  }
}

const key = ({ tenantId, planId }: Pick<StoredPlan, 'tenantId' | 'planId'>): string =>
  JSON.stringify([tenantId, planId]);
const runs =
  (runner: string) =>
  (plan: StoredPlan): boolean =>
    plan.runner === runner && plan.state === 'running';
