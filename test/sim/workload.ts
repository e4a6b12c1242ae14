import { uuidIds } from '../../src/adapters/ids/uuid-ids.ts';
import { actorKeyText, idFrom } from '../../src/domain/ids.ts';
import type { SignalResult } from '../../src/domain/vocabulary.ts';
import type { Random } from './random.ts';

export const TENANT = 't1';
export const RAW_LANES = 2;
export const MAX_LATENESS_MS = 3_600_000;

/** What becomes of a valid signal, by what it says. */
type Valid = 'match' | 'other' | 'service' | 'nobody' | 'late';
/** Never becomes a signal: `bytes` and `future` are dead letters of intake, `undecodable` one of decide. */
type Bad = 'bytes' | 'tombstone' | 'future' | 'undecodable';

export const RESULT_OF: Readonly<Record<Valid, SignalResult>> = {
  match: 'decided',
  other: 'no_match',
  service: 'actor_type',
  nobody: 'context_only',
  late: 'late',
};

export interface Planned {
  readonly id: string;
  readonly kind: Valid | Bad;
  /** Null: a signal of nobody. */
  readonly actor: string | null;
  readonly lane: number;
  readonly repo: string;
  /** Signals of one branch are about one subject, and share a card. */
  readonly branch: string;
  /** When it is put into the raw topic, once for each. More than one: the producer sends it again. */
  readonly putAtMs: readonly number[];
  /** When it is asked about by HTTP, once for each: a second client, or the same one that did not wait, may ask at nearly the same time. */
  readonly askAtMs: readonly number[];
  readonly budgetMs: number;
}

export interface Quotas {
  readonly perDay: number;
  readonly perHour: number;
}

export interface Workload {
  readonly partitions: number;
  readonly workers: number;
  /** Large fetches, so that commits overlap transactions; else small ones. */
  readonly bulk: boolean;
  readonly quotas: Quotas;
  readonly signals: readonly Planned[];
  readonly feedMs: number;
}

export const isValid = (kind: Planned['kind']): kind is Valid => kind in RESULT_OF;

/** The id that the normaliser gives it, by topic as by HTTP (interface 3). */
export const signalIdOf = (planned: Planned): string => idFrom(uuidIds, 'signal', ['pm3', TENANT, planned.id]);

export const actorText = (planned: Pick<Planned, 'actor'>): string =>
  actorKeyText({ tenantId: TENANT, actorId: planned.actor ?? '' });

/** A document as the neighbour writes it. */
export const documentOf = (planned: Planned, nowMs: number): object => {
  const ageMs = planned.kind === 'late' ? 2 * MAX_LATENESS_MS : planned.kind === 'future' ? -3_600_000 : 500;
  return {
    signal_id: planned.id,
    tenant_id: TENANT,
    signal_type: planned.kind === 'other' ? 'something_else' : 'commit_pushed',
    occurred_at: new Date(Math.trunc(nowMs - ageMs)).toISOString(),
    producer_id: 'simulation',
    actor_id: planned.actor,
    resource: {
      repository: planned.repo,
      branch: planned.branch,
      actor_type: planned.kind === 'service' ? 'service' : 'human',
    },
    payload: { files_changed: 3 },
  };
};

const BAD: readonly Bad[] = ['bytes', 'tombstone', 'future', 'undecodable'];
const KINDS: readonly Valid[] = ['other', 'service', 'nobody', 'late'];

const kindOf = (random: Random, matching: number): Planned['kind'] => {
  if (random.chance(0.06)) return random.pick(BAD);
  return random.chance(matching) ? 'match' : random.pick(KINDS);
};

const planOne = (random: Random, index: number, facts: { actors: number; bulk: boolean; feedMs: number }): Planned => {
  const kind = kindOf(random, facts.bulk ? 0.3 : 0.75);
  const actor = kind === 'nobody' ? null : `a${random.below(facts.actors)}`;
  const putAtMs = [random.between(0, facts.feedMs)];
  if (random.chance(0.08)) putAtMs.push(putAtMs[0]! + random.between(0, 8_000));
  const asked = isValid(kind) && random.chance(facts.bulk ? 0.08 : 0.25);
  // Near the other way in, so that the two race; some by HTTP only.
  const askAtMs = asked ? [putAtMs[0]! + random.between(-20, random.chance(0.7) ? 300 : 2_000)] : [];
  if (asked && random.chance(0.4)) askAtMs.push(askAtMs[0]! + random.between(0, 12));
  return {
    id: `s${index}`,
    kind,
    actor,
    lane: actor === null ? 0 : Number(actor.slice(1)) % RAW_LANES,
    repo: `org/${random.below(2)}`,
    branch: random.chance(0.3) ? 'main' : `feature/${index}`,
    putAtMs: asked && random.chance(0.4) ? [] : putAtMs,
    askAtMs,
    budgetMs: random.pick([150, 500, 5_000]),
  };
};

export const workloadOf = (random: Random, alwaysBulk: boolean): Workload => {
  const bulk = random.chance(0.3) || alwaysBulk;
  const feedMs = bulk ? random.between(50, 3_000) : random.between(3_000, 12_000);
  const actors = 1 + random.below(5);
  const count = bulk ? 150 + random.below(120) : 20 + random.below(30);
  const perDay = random.pick([1, 2, 4, 1_000]);
  return {
    partitions: random.pick([1, 2, 2, 3]),
    workers: random.pick([1, 2, 2, 3]),
    bulk,
    quotas: { perDay, perHour: random.chance(0.5) ? perDay : Math.ceil(perDay / 2) },
    signals: Array.from({ length: count }, (_, index) => planOne(random, index, { actors, bulk, feedMs })),
    feedMs,
  };
};
