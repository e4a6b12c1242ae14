import { createSecretlintScanner } from '../../adapters/secrets/secretlint-scanner.ts';
import { randomId, uuidIds } from '../../adapters/ids/uuid-ids.ts';
import { newActorRef } from '../../adapters/keys/actor-ref.ts';
import { ephemeralSigningKey } from '../../adapters/keys/ed25519-signer.ts';
import { MemoryStateCache } from '../../adapters/memory/memory-state-cache.ts';
import { PostgresContextSource } from '../../adapters/postgres/postgres-context-source.ts';
import { PostgresJournal } from '../../adapters/postgres/postgres-journal.ts';
import { LocalCodec } from '../../adapters/registry/record-codec.ts';
import type { TenantRules } from '../../domain/rules.ts';
import { MmmError } from '../../errors.ts';
import type { MmmSignalInput } from '../../generated/records.ts';
import { ActorMemory } from '../../pipeline/decide/actor-memory.ts';
import { decideBatch } from '../../pipeline/decide/decide-batch.ts';
import { createNormaliser } from '../../pipeline/normalise/normalise-document.ts';
import type { Store } from '../composition/store.ts';
import { type Mix, signalSource } from './signals.ts';

/** Twice a session's micro-batch: fewer round trips, and still well within the server's time limit of a statement. */
const BATCH = 1_000;
/** Sessions side by side, each with shard, actors and clock of its own: one plans while the server works for the other. */
const SESSIONS = 2;

export interface RecordRequest {
  readonly rules: TenantRules;
  readonly mix: Mix;
  /** Signal numbers: from, including; to, excluding. */
  readonly from: number;
  readonly to: number;
  /** When a signal happened: it is decided with its batch, at the moment of the newest of it. */
  readonly atMs: (number: number) => number;
  readonly done: (signals: number) => void;
}

/**
 * Has the engine's own stages write the journal: normalised, planned, signed, encoded and committed as a session of the stream does it, only in the
 * past. Rows made in any other way would prove nothing about those of the engine.
 */
export const recordSignals = async (store: Pick<Store, 'pipeline'>, request: RecordRequest): Promise<void> => {
  let done = 0;
  const tell = (signals: number): void => request.done((done += signals));
  await Promise.all(Array.from({ length: SESSIONS }, (_, session) => runSession(store, request, session, tell)));
};

const runSession = async (
  { pipeline }: Pick<Store, 'pipeline'>,
  { rules, mix, from, to, atMs }: RecordRequest,
  session: number,
  tell: (signals: number) => void,
): Promise<void> => {
  let now = 0;
  const clock = { now: () => now, monotonicMs: () => performance.now() };
  const journal = new PostgresJournal(pipeline, clock);
  const { epoch } = await journal.openShard(session);
  const memory = new ActorMemory(journal, new MemoryStateCache());
  const deps = {
    ...{ journal, clock, randomId, newActorRef, ids: uuidIds, codec: new LocalCodec(), signer: ephemeralSigningKey() },
    context: new PostgresContextSource(pipeline, clock),
    rules: { current: () => rules, load: () => Promise.resolve(rules) },
  };
  const normalise = createSignals(mix);
  let batch: MmmSignalInput[] = [];
  const commit = async (): Promise<void> => {
    const { decided, failed } = await decideBatch(deps, memory, { shard: session, epoch }, batch);
    if (failed.length > 0 || decided.length !== batch.length)
      throw new MmmError('INTERNAL_ERROR', 'the benchmark could not record all of its signals');
    tell(batch.length);
    batch = [];
  };
  for (let number = from; number < to; number++) {
    // The actors of a source take turns over an even number of them, so that an actor is always of one session.
    const signal = await normalise(number, atMs(number), session);
    if (signal === null) continue;
    now = atMs(number);
    if (batch.push(signal) === BATCH) await commit();
  }
  if (batch.length > 0) await commit();
};

/** Null for a signal whose actor is another session's. */
const createSignals = (
  mix: Mix,
): ((number: number, atMs: number, session: number) => Promise<MmmSignalInput | null>) => {
  const normaliser = createNormaliser({ ids: uuidIds, scanner: createSecretlintScanner() });
  const source = signalSource('recorded', mix);
  return async (number, atMs, session) => {
    const raw = source.make(number, atMs);
    if (sessionOf(raw.key) !== session) return null;
    const outcome = await normaliser.normalise('pm3', JSON.parse(raw.value), {
      origin: { topic: 'pm3.signals.normalized', partition: session, offset: String(number) },
      recordTimestampMs: atMs,
      receivedAtMs: atMs,
      traceParent: raw.headers.traceparent,
    });
    if (outcome.kind === 'rejected') throw new MmmError(outcome.code);
    return outcome.signal;
  };
};

/** Keys end in the number of the actor. */
const sessionOf = (key: string): number => Number(key.slice(key.lastIndexOf('-') + 1)) % SESSIONS;
