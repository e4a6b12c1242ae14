import { LocalCodec, RegistryCodec } from '../../adapters/registry/record-codec.ts';
import { createSecretlintScanner } from '../../adapters/secrets/secretlint-scanner.ts';
import { createSettler } from '../../pipeline/intake/settle-record.ts';
import { createNormaliser } from '../../pipeline/normalise/normalise-document.ts';
import type { RecordCodec } from '../../pipeline/ports/codec.ts';
import { collectDeadLetters, type DeadLetterDeps, type Retry } from '../../replay/items/dead-letters.ts';
import { collectMissing } from '../../replay/items/missing-outputs.ts';
import { collectRedeliveries } from '../../replay/items/redeliveries.ts';
import { type Collected, groundOf } from '../../replay/items/replay-item.ts';
import type { Ground, PlanDocument } from '../../replay/plan/plan-document.ts';
import { RecordedRules } from '../../replay/recorded-rules.ts';
import { shadowGround } from '../../replay/shadow/run-shadow.ts';
import type { Config } from '../../runtime/config.ts';
import { ENGINE_VERSION, systemClock } from './process-parts.ts';
import type { ReplayReading } from './replay-reading.ts';
import { SIGNAL_TOPICS } from './signal-topics.ts';

export type DraftPlan = Omit<PlanDocument, 'ground'>;

const codecs = new WeakMap<ReplayReading, Promise<RecordCodec>>();

/** The codec of this installation's schemas, found once. */
export const codecOf = async (reading: ReplayReading, config: Config): Promise<RecordCodec> => {
  const { registry } = reading;
  const made =
    codecs.get(reading) ??
    (registry === null
      ? Promise.resolve(new LocalCodec())
      : RegistryCodec.create(registry, config.namespace, () => systemClock.monotonicMs()));
  codecs.set(reading, made);
  return await made;
};

/** Intake's own judgement of a raw record, without writing what comes of it. */
const retryOf = (reading: ReplayReading, codec: RecordCodec): DeadLetterDeps['retry'] => {
  const normaliser = createNormaliser({ ids: reading.ids, scanner: createSecretlintScanner() });
  const settler = createSettler({
    ...{ decoder: reading.decoder, codec, normaliser, clock: systemClock, engineVersion: ENGINE_VERSION },
  });
  return async (raw): Promise<Retry | null> => {
    if (!SIGNAL_TOPICS.some((topic) => topic === raw.channel)) return null;
    const settled = await settler.settle(raw);
    if (settled.kind === 'rejected') return { kind: 'refused', code: settled.code };
    const value = settled.output?.value ?? null;
    if (value === null) return null;
    const signal = await codec.decodeSignal(value);
    const { tenant_id: tenantId, signal_id: signalId, occurred_at: occurredAt } = signal;
    return { kind: 'taken', tenantId, signalId, occurredAtMs: Date.parse(occurredAt) };
  };
};

const lettersOf = async (reading: ReplayReading, config: Config, plan: DraftPlan): Promise<Collected> => {
  const { tenantId, selection, plannedAtMs } = plan;
  const rules = new RecordedRules(tenantId, await reading.history.rules(tenantId), reading.compile).at(plannedAtMs);
  return await collectDeadLetters(
    {
      reader: reading.reader,
      retry: retryOf(reading, await codecOf(reading, config)),
      knownSignals: (tenant, ids) => reading.onFile.knownSignals(tenant, ids),
      maxLatenessMs: rules?.policy.maxLatenessMs ?? 0,
    },
    { tenantId, selection, asOfMs: plannedAtMs },
  );
};

/** What the plan would send. */
export const collectFor = async (reading: ReplayReading, config: Config, plan: DraftPlan): Promise<Collected> => {
  const { tenantId, selection, plannedAtMs: asOfMs, planId, mode } = plan;
  const request = { tenantId, selection, asOfMs };
  if (selection.deadLetters !== null) return await lettersOf(reading, config, plan);
  if (mode === 'redeliver') return await collectRedeliveries(reading, request);
  return await collectMissing({ ...reading, codec: await codecOf(reading, config) }, request, planId);
};

/** What a plan stands on, counted anew at each call. */
export const groundFor = async (reading: ReplayReading, config: Config, plan: DraftPlan): Promise<Ground> => {
  if (plan.mode === 'shadow' && plan.selection.deadLetters === null) return await shadowGround(reading, plan);
  return groundOf(reading.ids, await collectFor(reading, config, plan));
};
