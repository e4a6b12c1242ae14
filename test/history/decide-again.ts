import { createHash, createHmac } from 'node:crypto';
import { createCelCompiler } from '../../src/adapters/cel/cel-compiler.ts';
import { uuidIds } from '../../src/adapters/ids/uuid-ids.ts';
import { MemoryContextSource } from '../../src/adapters/memory/memory-context-source.ts';
import { MemoryJournal } from '../../src/adapters/memory/memory-journal.ts';
import { MemoryStateCache } from '../../src/adapters/memory/memory-state-cache.ts';
import { recordOutcome } from '../../src/admin/commands/record-outcome.ts';
import type { ActorProfile } from '../../src/domain/actor-state.ts';
import { compileRules, type PlaybookVersion } from '../../src/domain/compile-rules.ts';
import { reentrySignal } from '../../src/domain/decision/reentry.ts';
import type { StoredExperiment } from '../../src/domain/experiment/running.ts';
import type { OutcomeReport } from '../../src/domain/outcome.ts';
import { canonicalJson } from '../../src/domain/receipt/canonical-json.ts';
import type { TenantRules } from '../../src/domain/rules.ts';
import { MmmError } from '../../src/errors.ts';
import type { MmmReceipt, MmmSignalInput } from '../../src/generated/records.ts';
import { ActorMemory } from '../../src/pipeline/decide/actor-memory.ts';
import { decideBatch } from '../../src/pipeline/decide/decide-batch.ts';
import type { DecidedSignal } from '../../src/pipeline/decide/seal-actors.ts';
import type { RecordCodec } from '../../src/pipeline/ports/codec.ts';
import type { ActorCommit, OutcomeCommit } from '../../src/pipeline/ports/journal.ts';
import type { OutputRecord } from '../../src/pipeline/ports/records.ts';
import { noMetrics } from '../pipeline/harness.ts';
import { journalWith } from '../sim/journal-with.ts';

/** One thing that happens, with everything that deciding reads: a history needs nothing but its own file. */
export type Step = { readonly at: string } & (
  | {
      readonly step: 'rules';
      readonly policy: Readonly<Record<string, unknown>>;
      readonly version: number;
      readonly playbooks: readonly PlaybookVersion[];
      readonly experiments: readonly StoredExperiment[];
    }
  | { readonly step: 'profile'; readonly tenant: string; readonly actor: string; readonly profile: ActorProfile }
  | { readonly step: 'signal'; readonly signal: MmmSignalInput }
  /** What was put off until now comes back. */
  | { readonly step: 'due' }
  | { readonly step: 'outcome'; readonly report: OutcomeReport }
);

/** What became of a signal. Texts are told by their digest; beside it what a person wants to see of them first. */
export interface Decided {
  readonly result: string;
  /** `<playbook>@<version> <type>: <disposition> <reason>`, with the gates that vetoed. */
  readonly candidates: readonly string[];
  /** `<topic> <surface> <variant> r<revision> <state>`. */
  readonly shown: readonly string[];
  readonly assignments: readonly string[];
  /** Of plan, journal line, trace, what was read, decision, and each delivery in turn; the receipt without signature. */
  readonly digests: Readonly<Record<string, string>>;
  readonly receipt_inputs: Readonly<Record<string, unknown>> | null;
}

export interface Recorded {
  /** `recorded`, `repeated`, or the code of what refused it. */
  readonly outcome: string;
  readonly digests: Readonly<Record<string, string>>;
}

export type Expected = readonly Decided[] | Recorded | null;

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);
const plain = (value: unknown): string => canonicalJson(JSON.parse(JSON.stringify(value)));

/** Of records only what they say: how they are written on the wire is the schemas' (test/schemas). */
const codec: RecordCodec = {
  encode: (_topic, record) => Buffer.from(plain(record)),
  schemaHeader: () => 'history',
  decodeSignal: () => {
    throw new Error('a history is not decoded');
  },
};

const textOf = ({ value }: OutputRecord): string => Buffer.from(value ?? []).toString();

/** Decides a history step by step with the code as it is, on the real stages and stores in memory. Time, keys and random ids are its own. */
export class DecideAgain {
  readonly journal = new MemoryJournal();
  readonly #rules = new Map<string, TenantRules>();
  readonly #commits: ActorCommit[] = [];
  readonly #outcomes: OutcomeCommit[] = [];
  #nowMs = 0;
  #random = 0;

  async take(step: Step): Promise<Expected> {
    this.#nowMs = Date.parse(step.at);
    switch (step.step) {
      case 'rules':
        this.#compile(step);
        return null;
      case 'profile':
        this.journal.setProfile({ tenantId: step.tenant, actorId: step.actor }, step.profile);
        return null;
      case 'signal':
        return [await this.#decide(step.signal)];
      case 'due': {
        const due = await this.journal.deferrals.claim(this.#nowMs, 1_000);
        const decided: Decided[] = [];
        for (const deferral of due) decided.push(await this.#decide(reentrySignal(uuidIds, deferral)));
        return decided;
      }
      case 'outcome':
        return await this.#report(step.report);
      default:
        throw new Error(`no such step: ${String(step satisfies never)}`);
    }
  }

  /** The actions that the last signal sent, for reports of what became of them. */
  sent(): readonly {
    readonly decisionId: string;
    readonly actionId: string;
    readonly actorId: string;
    readonly tenantId: string;
  }[] {
    const commit = this.#commits.at(-1);
    return (commit?.decisions ?? []).flatMap(({ decisionId, actions }) =>
      actions.map(({ actionId }) => ({ decisionId, actionId, ...commit!.key })),
    );
  }

  #compile({ policy, version, playbooks, experiments }: Extract<Step, { step: 'rules' }>): void {
    const conditions = createCelCompiler();
    const compiled = compileRules({ policy, policyVersion: version, playbooks, experiments, conditions, ids: uuidIds });
    if (!compiled.ok || compiled.skipped.length > 0 || compiled.ignoredExperiments.length > 0)
      throw new Error(`the rules of ${String(policy['id'])} can not be used any more: ${JSON.stringify(compiled)}`);
    this.#rules.set(String(policy['id']), compiled.rules);
  }

  async #decide(signal: MmmSignalInput): Promise<Decided> {
    const { journal } = this;
    const rules = {
      current: (id: string) => this.#rules.get(id) ?? null,
      load: (id: string) => Promise.resolve(this.#rules.get(id) ?? null),
    };
    const kept = {
      ...this.#deps(),
      journal: journalWith(journal, {
        commit: async (request) => {
          this.#commits.push(...request.actors);
          return await journal.commit(request);
        },
      }),
      context: new MemoryContextSource(journal),
      rules,
    };
    // A cache of its own each time: every decision reads what the journal folds to.
    const memory = new ActorMemory(journal, new MemoryStateCache());
    const { decided, failed, duplicates } = await decideBatch(kept, memory, { shard: 0, epoch: null }, [signal]);
    const [one] = decided;
    if (one === undefined) throw new Error(`not decided: ${JSON.stringify({ failed, duplicates })}`);
    return decidedOf(one, this.#commits.at(-1)!);
  }

  async #report(report: OutcomeReport): Promise<Recorded> {
    const { journal } = this;
    const deps = {
      ...this.#deps(),
      partitions: 1,
      metrics: noMetrics,
      journal: {
        fold: journal.fold.bind(journal),
        outcomeStanding: journal.outcomeStanding.bind(journal),
        commitOutcome: async (commit: OutcomeCommit) => {
          this.#outcomes.push(commit);
          return await journal.commitOutcome(commit);
        },
      },
    };
    try {
      const { status } = await recordOutcome(deps, report);
      if (status === 'repeated') return { outcome: status, digests: {} };
    } catch (error) {
      if (error instanceof MmmError) return { outcome: error.code, digests: {} };
      throw error;
    }
    const { entry, receipt, outbox } = this.#outcomes.at(-1)!;
    const event = outbox.find(({ topic }) => topic === 'mmm.outcomes');
    return {
      outcome: 'recorded',
      digests: {
        entry: digest(plain(entry)),
        receipt: digest(unsigned(receipt)),
        event: digest(event === undefined ? '' : textOf(event)),
      },
    };
  }

  #deps() {
    return {
      codec,
      ids: uuidIds,
      signer: { kid: 'history', sign: (texts: readonly string[]) => Promise.resolve(texts.map(() => 'c2lnbmVk')) },
      clock: { now: () => this.#nowMs, monotonicMs: () => this.#nowMs },
      randomId: () => `head-${(this.#random += 1)}`,
      newActorRef: (actorId: string) => {
        const key = createHash('sha256').update(`history ${actorId}`).digest();
        return { key, ref: createHmac('sha256', key).update(actorId).digest('hex') };
      },
    };
  }
}

const unsigned = (receipt: string): string => {
  const { signature: _signature, ...rest } = JSON.parse(receipt) as MmmReceipt;
  return plain(rest);
};

interface Shown {
  readonly surface: string;
  readonly variant: string;
  readonly revision: number;
  readonly state: string;
}

const decidedOf = ({ plan, decision }: DecidedSignal, commit: ActorCommit): Decided => {
  const deliveries = commit.outbox.filter(({ topic }) => topic.startsWith('mmm.delivery.'));
  const receipt = decision === null ? null : unsigned(Buffer.from(decision.receipt).toString());
  const digests: Record<string, string> = {
    plan: digest(plain(plan)),
    entry: digest(plain(commit.entries)),
    ...(decision === null
      ? {}
      : {
          trace: digest(decision.trace),
          read: digest(decision.read),
          decision: digest(decision.body),
          receipt: digest(receipt!),
        }),
  };
  deliveries.forEach((record, at) => (digests[`delivery ${at + 1}`] = digest(`${record.topic} ${textOf(record)}`)));
  return {
    result: plan.result,
    candidates: plan.candidates.map(
      ({ playbookId, playbookVersion, actionType, disposition, reasonCode, verdicts }) => {
        const vetoes = verdicts.flatMap((verdict) => (verdict.pass ? [] : [`${verdict.gate}:${verdict.code}`]));
        const name = `${playbookId}@${playbookVersion} ${actionType}: ${disposition} ${reasonCode}`;
        return vetoes.length === 0 ? name : `${name} [${vetoes.join(' ')}]`;
      },
    ),
    shown: deliveries.map((record) => {
      const { surface, variant, revision, state } = JSON.parse(textOf(record)) as Shown;
      return `${surface} ${variant} r${revision} ${state}`;
    }),
    assignments: (plan.assignments ?? []).map(({ experimentId, arm }) => `${experimentId} ${arm}`),
    digests,
    receipt_inputs: receipt === null ? null : (JSON.parse(receipt) as { inputs: Record<string, unknown> }).inputs,
  };
};
