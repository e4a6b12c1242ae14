import { validUntilMs } from './approval.ts';
import type { PlanDocument } from './plan-document.ts';
import type { StoredPlan } from './plan-store.ts';
import { shownState } from './plan-words.ts';

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

export const documentJson = (document: PlanDocument, digest: string | null): object => {
  const { ground, selection } = document;
  return {
    plan_id: digest === null ? null : document.planId,
    tenant: document.tenantId,
    mode: document.mode,
    rules: document.rules,
    rate_per_second: document.ratePerSecond,
    selection: {
      ...{ from: iso(selection.fromMs), to: iso(selection.toMs), actor: selection.actorId },
      ...{ playbook: selection.playbookId, offsets: selection.offsets, dead_letters: selection.deadLetters },
    },
    selected: ground.selected,
    items: ground.items,
    by_topic: ground.byTopic,
    left_out: ground.leftOut,
    duplicates_expected: ground.duplicates,
    too_old_to_nudge: ground.late,
    first: iso(ground.firstMs),
    last: iso(ground.lastMs),
    digest,
    planned_by: document.plannedBy,
    planned_at: iso(document.plannedAtMs),
    valid_until: iso(validUntilMs(document)),
  };
};

export const planJson = (plan: StoredPlan, document: PlanDocument | null, nowMs: number): object => ({
  ...(document === null ? { plan_id: plan.planId, altered: true } : documentJson(document, plan.digest)),
  state: shownState(plan, nowMs),
  approved_by: plan.approvedBy,
  approved_at: iso(plan.approvedAtMs),
  run_by: plan.runBy,
  started_at: iso(plan.startedAtMs),
  finished_at: iso(plan.finishedAtMs),
  progress: plan.progress.settled,
  failure: plan.failure,
  report: plan.report === null ? null : (JSON.parse(plan.report) as unknown),
  receipt: plan.receipt === null ? null : (JSON.parse(plan.receipt) as unknown),
});
