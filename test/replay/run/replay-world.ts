import { ephemeralSigningKey, verifySignature } from '../../../src/adapters/keys/ed25519-signer.ts';
import { randomId, uuidIds } from '../../../src/adapters/ids/uuid-ids.ts';
import { MemoryLog } from '../../../src/adapters/memory/memory-log.ts';
import { MemoryPlanStore } from '../../../src/adapters/memory/memory-replay-plans.ts';
import { LocalCodec } from '../../../src/adapters/registry/record-codec.ts';
import type { Caller } from '../../../src/admin/ports/caller.ts';
import type { SessionOutput } from '../../../src/pipeline/ports/partitions.ts';
import type { LogRecord } from '../../../src/pipeline/ports/records.ts';
import { type Collected, groundOf, type Nudge, type ReplayItem } from '../../../src/replay/items/replay-item.ts';
import { approvePlan, makePlan, type PlanRequest } from '../../../src/replay/plan/make-plan.ts';
import type { PlanStore } from '../../../src/replay/plan/plan-store.ts';
import { type RunAnswer, runSending } from '../../../src/replay/run/run-plan.ts';
import { replayReceiptRecord, sealRun } from '../../../src/replay/run/seal-run.ts';

export const NOW = Date.parse('2026-05-06T12:00:00Z');
export const HOUR = 3_600_000;

export const person = (subject: string, change: Partial<Caller> = {}): Caller => ({
  ...{ tenantId: 'acme', subject, roles: ['mmm_admin'], scopes: [] },
  ...change,
});

export const REQUEST: PlanRequest = {
  mode: 'redeliver',
  rules: null,
  ratePerSecond: 3,
  selection: {
    ...{ fromMs: NOW - HOUR, toMs: NOW, actorId: null, playbookId: null, offsets: null, deadLetters: null },
  },
};

export const anItem = (n: number, nudge: Partial<Nudge> | null = null): ReplayItem => ({
  record: {
    topic: 'mmm.delivery.ide',
    key: `acme|dev${n % 2}`,
    value: Buffer.from(`card ${n}`),
    headers: { 'mmm-tenant-id': 'acme', 'mmm-outbox': `0:${n}` },
  },
  of: `delivery-${n}`,
  atMs: NOW - HOUR + n,
  nudge:
    nudge === null
      ? null
      : {
          ...{ actorId: 'dev0', decisionId: `d-${n}`, playbookId: 'p', actionType: 'mirror', surface: 'ide' },
          ...{ expiresAtMs: NOW + HOUR, notify: true, ...nudge },
        },
});

/** Where this process dies: at the n-th call to a store or the log, before or after it was done. Dead processes do nothing more, not even tidy up. */
export class Mortal {
  #left: number;
  readonly #when: 'before' | 'after';
  #dead = false;

  constructor(left: number, when: 'before' | 'after') {
    this.#left = left;
    this.#when = when;
  }

  get died(): boolean {
    return this.#dead;
  }

  wrap<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (of, name) => {
        const member = Reflect.get(of, name) as unknown;
        if (typeof member !== 'function') return member;
        return async (...given: unknown[]): Promise<unknown> => {
          if (this.#dead) throw new Error('dead');
          this.#left -= 1;
          if (this.#left === 0 && this.#when === 'before') return this.#die();
          const answer: unknown = await Reflect.apply(member, of, given);
          return this.#left === 0 ? this.#die() : answer;
        };
      },
    });
  }

  #die(): never {
    this.#dead = true;
    throw new Error('killed');
  }
}

/** Plans, a log and the items that a selection comes to. */
export class ReplayWorld {
  readonly signer = ephemeralSigningKey();
  readonly trust = {
    publicKeyOf: (kid: string): string | undefined => (kid === this.signer.kid ? this.signer.publicKeyPem : undefined),
    verify: verifySignature,
  };
  nowMs = NOW;
  readonly store: PlanStore = new MemoryPlanStore(() => this.nowMs);
  readonly log = new MemoryLog(2, () => this.nowMs);
  items: readonly ReplayItem[] = [];
  vetoes: (nudge: Nudge) => string | null = () => null;
  readonly pauses: number[] = [];
  #monotonicMs = 0;

  collected(): Collected {
    return { selected: this.items.length, items: this.items, leftOut: {}, duplicates: this.items.length, late: 0 };
  }

  async plan(caller = person('ann'), request = REQUEST): Promise<string> {
    const ground = (): Promise<ReturnType<typeof groundOf>> => Promise.resolve(groundOf(uuidIds, this.collected()));
    const { document, digest } = await makePlan({ store: this.store, ids: uuidIds, randomId, ground }, caller, request);
    return digest === null ? '' : document.planId;
  }

  async approve(planId: string, caller = person('bob')): Promise<void> {
    await approvePlan({ store: this.store, ids: uuidIds, signer: this.signer }, caller, planId);
  }

  async run(planId: string, options: { mortal?: Mortal; signal?: AbortSignal } = {}): Promise<RunAnswer> {
    const { mortal = new Mortal(0, 'before'), signal = new AbortController().signal } = options;
    const open = async (): Promise<SessionOutput> => mortal.wrap(await this.log.open(0));
    return await runSending(
      {
        ...{ store: mortal.wrap(this.store), ids: uuidIds, trust: this.trust, randomId, openOutput: open, signal },
        seal: sealRun({ ids: uuidIds, signer: this.signer, clock: { monotonicMs: () => this.#monotonicMs } }),
        collect: () => Promise.resolve(this.collected()),
        vetoes: (nudges) => Promise.resolve(nudges.map((nudge) => this.vetoes(nudge))),
        receiptRecord: replayReceiptRecord(new LocalCodec()),
        clock: { monotonicMs: () => this.#monotonicMs },
        pause: (ms) => {
          this.pauses.push(ms);
          this.#monotonicMs += ms;
          return Promise.resolve();
        },
        onProgress: () => undefined,
      },
      { tenantId: 'acme', planId, by: 'cli:op' },
    );
  }

  sent(): readonly LogRecord[] {
    return this.log.read('mmm.delivery.ide');
  }

  /** `mmm-replay-of` of everything that went out. */
  sentIds(): string[] {
    return this.sent().map(({ headers }) => String(headers['mmm-replay-of']));
  }
}
