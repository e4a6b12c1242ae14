import { randomUUID } from 'node:crypto';
import { createCelCompiler } from '../adapters/cel/cel-compiler.ts';
import { uuidIds } from '../adapters/ids/uuid-ids.ts';
import { newActorRef } from '../adapters/keys/actor-ref.ts';
import { ephemeralSigningKey } from '../adapters/keys/ed25519-signer.ts';
import { MemoryContextSource } from '../adapters/memory/memory-context-source.ts';
import { MemoryIntakeSource } from '../adapters/memory/memory-intake-source.ts';
import { MemoryJournal } from '../adapters/memory/memory-journal.ts';
import { MemoryLog } from '../adapters/memory/memory-log.ts';
import { MemoryStateCache } from '../adapters/memory/memory-state-cache.ts';
import { LocalInputDecoder } from '../adapters/registry/input-decoder.ts';
import { LocalCodec } from '../adapters/registry/record-codec.ts';
import { createSecretlintScanner } from '../adapters/secrets/secretlint-scanner.ts';
import { compileRules } from '../domain/compile-rules.ts';
import type { TenantRules } from '../domain/rules.ts';
import { MmmError } from '../errors.ts';
import { createNormaliser } from '../pipeline/normalise/normalise-document.ts';
import { releaseDue } from '../pipeline/defer/defer.ts';
import { tellHolders } from '../pipeline/defer/tell-holders.ts';
import { createPipeline } from '../pipeline/pipeline.ts';
import type { Logger } from '../pipeline/ports/logger.ts';
import type { Metrics } from '../pipeline/ports/metrics.ts';
import type { OutputRecord } from '../pipeline/ports/records.ts';
import { TRY_TENANT, type TryEngine } from '../replay/try/run-try.ts';
import type { ActorCommit } from '../pipeline/ports/journal.ts';

const CHANNEL = 'pm3.signals.normalized';

/** The tenant of a `try`: the defaults of interface 5a, so that what is shown is what a new tenant would get. */
const rulesOf = (playbooks: readonly unknown[]): TenantRules => {
  const compiled = compileRules({
    policy: { id: TRY_TENANT, unknown_actors: 'allow' },
    policyVersion: 1,
    playbooks: playbooks.map((document) => ({ document, version: 1 })),
    conditions: createCelCompiler(),
    ids: uuidIds,
  });
  const findings = compiled.ok ? compiled.skipped.flatMap((one) => one.findings) : compiled.findings;
  if (!compiled.ok || findings.length > 0) {
    throw new MmmError(
      'PLAYBOOK_INVALID',
      findings.map((one) => `${one.path}: ${one.message}; ${one.remedy}`).join('\n'),
    );
  }
  return compiled.rules;
};

const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, child: () => silent };
const uncounted: Metrics = {
  records: () => {},
  count: () => {},
  gauge: () => {},
  observe: () => {},
};

export interface RunningTry {
  readonly engine: TryEngine;
  /** Those that every signal is decided by. */
  readonly rules: TenantRules;
  /** Records that intake refused, by error code: told to the reader, because a publisher of the same history would meet the same. */
  refused(): ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

export interface TryWatch {
  /** Each commit, without the entries of signals that the engine itself released. */
  add(commit: ActorCommit): void;
  /** Each commit as it is. */
  committed?(commit: ActorCommit): void;
}

/** The very stages of `serve` on the in-memory ports: nothing is written, nothing is started, time is the history's. */
export const startTryEngine = async (playbooks: readonly unknown[], watch: TryWatch): Promise<RunningTry> => {
  let now = 0;
  const refused = new Map<string, number>();
  const clock = { now: () => now, monotonicMs: () => performance.now() };
  const log = new MemoryLog(1, () => now, { keepRead: false });
  // Signals of the engine itself, which no commit of the history made: the tally counts what became of those.
  const released = new Set<string>();
  const journal = new MemoryJournal({
    onCommitted: (commit) => {
      watch.committed?.(commit);
      watch.add({ ...commit, entries: commit.entries.filter(({ signalId }) => !released.has(signalId)) });
    },
  });
  const source = new MemoryIntakeSource();
  const codec = new LocalCodec();
  const rules = rulesOf(playbooks);
  const shared = { clock, codec, logger: silent, metrics: uncounted, engineVersion: 'try' };
  log.watch((record) => {
    if (record.topic !== 'mmm.dlq') return;
    const code = String(record.headers['mmm-dlq-code'] ?? 'UNEXPECTED_FAILURE');
    refused.set(code, (refused.get(code) ?? 0) + 1);
  });

  const pipeline = createPipeline({
    intake: {
      ...shared,
      source,
      writer: log,
      decoder: new LocalInputDecoder(),
      normaliser: createNormaliser({ ids: uuidIds, scanner: createSecretlintScanner() }),
    },
    // A history holds no answers of people.
    outcomes: null,
    decide: {
      ...shared,
      group: log,
      outputs: log,
      journal,
      cache: new MemoryStateCache(),
      rules: { current: () => rules, load: () => Promise.resolve(rules) },
      ids: uuidIds,
      signer: ephemeralSigningKey(),
      randomId: randomUUID,
      newActorRef,
      context: new MemoryContextSource(journal),
    },
    // By hand, below: its own clock is the wall's.
    defer: null,
  });
  await pipeline.start();
  const drained = async (): Promise<void> => {
    while ((log.committed(0).input ?? 0n) < log.end('mmm.signals', 0)) await log.nextPublication();
  };
  const releasing = {
    ...shared,
    ids: uuidIds,
    deferrals: journal.deferrals,
    endings: journal.endings,
    writer: {
      append: (records: readonly OutputRecord[]) => {
        for (const { headers } of records) released.add(String(headers['mmm-signal-id']));
        return log.append(records);
      },
      close: () => log.close(),
    },
  };

  return {
    engine: {
      setNow: (ms) => {
        now = ms;
      },
      setProfile: (key, profile) => journal.setProfile(key, profile),
      feed: async (envelopes) => {
        await source.put(
          CHANNEL,
          envelopes.map((envelope) => ({
            key: null,
            value: Buffer.from(JSON.stringify(envelope)),
            headers: {},
            timestampMs: now,
          })),
        );
        await drained();
      },
      release: async (untilMs) => {
        if ((await tellHolders(releasing)) > 0) await drained();
        for (
          let next = journal.deferrals.nextAtMs();
          next !== null && next <= untilMs;
          next = journal.deferrals.nextAtMs()
        ) {
          now = Math.max(now, next);
          await releaseDue(releasing);
          await drained();
        }
      },
    },
    rules,
    refused: () => refused,
    stop: () => pipeline.stop(),
  };
};
