import type { IdPort } from '../../domain/ids.ts';
import { MmmError } from '../../errors.ts';
import type { SessionOutput } from '../../pipeline/ports/partitions.ts';
import type { OutputRecord } from '../../pipeline/ports/records.ts';
import type { Collected } from '../items/replay-item.ts';
import { groundOf } from '../items/replay-item.ts';
import { type ApprovalTrust, assertMayRun } from '../plan/approval.ts';
import { type Ground, groundMoved, type PlanDocument } from '../plan/plan-document.ts';
import type { PlanStore, StoredPlan } from '../plan/plan-store.ts';
import { resumeFrom, type Settled } from './progress.ts';
import { sendItems, type SendDeps, takenOver } from './send-items.ts';

export interface MadeReceipt {
  readonly report: string;
  readonly receiptId: string;
  readonly receipt: string;
}

export interface RunDeps {
  readonly store: PlanStore;
  readonly ids: IdPort;
  readonly trust: ApprovalTrust;
  readonly randomId: () => string;
  /** The signed receipt of the run, with both people in it; `report` is JSON text. */
  readonly seal: (plan: StoredPlan, document: PlanDocument, outcome: RunOutcome) => Promise<MadeReceipt>;
}

export interface RunOutcome {
  readonly settled: Settled;
  readonly report: object;
  readonly finishedAtMs: number;
  readonly runBy: string;
}

export interface RunRequest {
  readonly tenantId: string;
  readonly planId: string;
  /** The account that gives the command. */
  readonly by: string;
}

/** `before`: the plan was done already, and nothing happened now. */
export interface RunAnswer {
  readonly before: boolean;
  readonly document: PlanDocument;
  readonly report: unknown;
  readonly receipt: string;
}

interface Begun {
  readonly plan: StoredPlan;
  readonly document: PlanDocument;
  readonly runner: string;
}

/** Throws RESOURCE_NOT_FOUND, REPLAY_*. A plan that is done answers what it came to; anything else makes this process its runner. */
const begin = async (deps: RunDeps, { tenantId, planId, by }: RunRequest): Promise<Begun | RunAnswer> => {
  const plan = await deps.store.find(tenantId, planId);
  if (plan === null)
    throw new MmmError(
      'RESOURCE_NOT_FOUND',
      `tenant ${tenantId} has no replay plan ${planId}; mmm replay status lists them`,
    );
  const nowMs = await deps.store.now();
  if (plan.state === 'done' && plan.report !== null && plan.receipt !== null) {
    const document = assertMayRun(deps.ids, plan, deps.trust, Math.min(nowMs, plan.plannedAtMs));
    return { before: true, document, report: JSON.parse(plan.report) as unknown, receipt: plan.receipt };
  }
  const document = assertMayRun(deps.ids, plan, deps.trust, nowMs);
  const runner = deps.randomId();
  if (!(await deps.store.start(tenantId, planId, { runner, by, atMs: nowMs }))) throw takenOver(planId);
  return { plan, document, runner };
};

const assertGround = (document: PlanDocument, found: Ground, resumed: boolean): void => {
  // What a run that was broken off has sent makes known what was not: that is no other ground.
  const now = resumed ? { ...found, duplicates: document.ground.duplicates } : found;
  const moved = groundMoved(document.ground, now);
  if (moved.length > 0)
    throw new MmmError(
      'REPLAY_GROUND_MOVED',
      `plan ${document.planId} no longer fits what is there: ${moved.join('; ')}`,
    );
};

/** Runs `work`; what it throws is kept with the plan, so that `status` can tell. */
const keepingFailure = async <T>(deps: RunDeps, { plan, runner }: Begun, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    const failure = error instanceof MmmError ? `${error.code}: ${error.message}` : 'INTERNAL_ERROR';
    // The first fault is the one to tell, also when the store is what failed.
    await deps.store.fail(plan.tenantId, plan.planId, runner, failure).catch(() => false);
    throw toldAgain(error, plan.planId);
  }
};

/** What is retriable here is retried by a person: a run that waits for a store may be waiting for days. */
const toldAgain = (error: unknown, planId: string): unknown => {
  if (!(error instanceof MmmError) || !error.retriable) return error;
  const what = error.code === 'FENCED' ? 'another replay of this tenant has taken over' : error.message;
  const text = `${what}; \`mmm replay run ${planId}\` goes on where this one was, nothing is sent twice`;
  return new MmmError(error.code, text, { details: { ...error.details }, cause: error });
};

const closeRun = async (
  deps: RunDeps,
  { plan, document, runner }: Begun,
  outcome: Pick<RunOutcome, 'settled' | 'report'>,
  by: string,
  publish: (receipt: string) => Promise<void>,
): Promise<RunAnswer> => {
  const { tenantId, planId } = plan;
  const finishedAtMs = await deps.store.now();
  const made = await deps.seal(plan, document, { ...outcome, finishedAtMs, runBy: by });
  // Kept before it goes out, and the first one stays: a run that dies here publishes these very bytes next time, not another receipt of the same id.
  const kept = await deps.store.keepReceipt(tenantId, planId, runner, made);
  if (kept === null) throw takenOver(planId);
  await publish(kept.receipt);
  if (!(await deps.store.finish(tenantId, planId, runner, finishedAtMs))) throw takenOver(planId);
  return { before: false, document, report: JSON.parse(kept.report) as unknown, receipt: kept.receipt };
};

/** A run that sends nothing: it is given no way out (G8). */
export const runWithoutOutput = async (
  deps: RunDeps & {
    readonly ground: (document: PlanDocument) => Promise<Ground>;
    readonly work: (document: PlanDocument) => Promise<object>;
  },
  request: RunRequest,
): Promise<RunAnswer> => {
  const begun = await begin(deps, request);
  if ('before' in begun) return begun;
  return await keepingFailure(deps, begun, async () => {
    assertGround(begun.document, await deps.ground(begun.document), false);
    const report = await deps.work(begun.document);
    const settled = { upto: begun.document.ground.items, sent: 0, dropped: {} };
    return await closeRun(deps, begun, { settled, report }, request.by, () => Promise.resolve());
  });
};

export interface SendingDeps extends RunDeps, Pick<SendDeps, 'vetoes' | 'clock' | 'pause'> {
  /** Of the tenant and the plan: opening it anew and fencing shuts out every other sending run of the tenant. */
  readonly openOutput: (tenantId: string, planId: string) => Promise<SessionOutput>;
  readonly collect: (document: PlanDocument) => Promise<Collected>;
  readonly receiptRecord: (document: PlanDocument, receipt: string) => OutputRecord;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, all: number) => void;
}

/**
 * A run that sends. In this order: the plan is this process's, every other run of the tenant is shut out of the log, the position is read, and only then
 * the ground is counted: what another run had on its way is counted too, or has failed.
 */
export const runSending = async (deps: SendingDeps, request: RunRequest): Promise<RunAnswer> => {
  const begun = await begin(deps, request);
  if ('before' in begun) return begun;
  const { tenantId, planId } = request;
  return await keepingFailure(deps, begun, async () => {
    const output = await deps.openOutput(tenantId, planId);
    try {
      const { cursor } = await output.fence();
      const noted = (await deps.store.find(tenantId, planId))?.progress ?? begun.plan.progress;
      const from = resumeFrom(noted, cursor);
      if (from === null) {
        throw new MmmError(
          'CONFLICT',
          `the log has forgotten how far plan ${planId} was (${noted.settled.upto} records are known to be dealt with): make a new plan for what is missing`,
        );
      }
      const { items, ...rest } = await deps.collect(begun.document);
      assertGround(begun.document, groundOf(deps.ids, { items, ...rest }), from.upto > 0);
      const settled = await sendItems(
        { ...deps, output, note: (progress) => deps.store.note(tenantId, planId, begun.runner, progress) },
        {
          ...{ planId, items, from, ratePerSecond: begun.document.ratePerSecond ?? 1, signal: deps.signal },
          onProgress: ({ upto }) => deps.onProgress(upto, items.length),
        },
      );
      const { upto, sent, dropped } = settled;
      const publish = async (receipt: string): Promise<void> => {
        const place = BigInt(upto) + 1n;
        if (cursor !== null && cursor >= place) return;
        const records = [deps.receiptRecord(begun.document, receipt)];
        await output.publish({ records, inputNext: null, cursor: place });
      };
      return await closeRun(deps, begun, { settled, report: { sent, dropped } }, request.by, publish);
    } finally {
      await output.discard();
    }
  });
};
