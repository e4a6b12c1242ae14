import { uuidIds } from '../../src/adapters/ids/uuid-ids.ts';
import { actorKeyText, idFrom } from '../../src/domain/ids.ts';
import { partitionOf } from '../../src/domain/partitioner.ts';
import type { SignalResult } from '../../src/domain/vocabulary.ts';
import type { TopicName } from '../../src/generated/topics.ts';
import type { Expected } from '../invariants/remains.ts';
import type { BadRecord } from '../e2e/support/bad-records.ts';
import type { Random } from '../sim/random.ts';

export const PARTITIONS = 6;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** A record to be put into a topic, and what has to become of it. */
export interface Planned {
  /** Goes along as header `chaos`, by which the record is known again in its topic. */
  readonly n: number;
  readonly topic: TopicName;
  readonly key: string | null;
  readonly value: Buffer | null;
  /** Null for a tombstone and for what must become a dead letter. */
  readonly good: (Expected & { readonly actor: string }) | null;
  readonly isBad: boolean;
}

type Kind = 'match' | 'capped' | 'ubi' | 'other' | 'service' | 'nobody' | 'late' | 'ahead' | 'stranger';
type Bad = 'poison' | 'undecodable' | 'future';

/** Of a hundred: mostly work, and of everything else enough to be there in each minute. */
const SHARES: readonly (readonly [Kind | Bad | 'tombstone' | 'again', number])[] = [
  ['match', 48],
  ['capped', 12],
  ['ubi', 6],
  ['other', 5],
  ['service', 3],
  ['nobody', 3],
  ['late', 4],
  ['ahead', 3],
  ['stranger', 2],
  ['poison', 4],
  ['undecodable', 1],
  ['future', 1],
  ['tombstone', 1],
  ['again', 7],
];

const RESULT_OF: Readonly<Record<Kind, SignalResult>> = {
  match: 'decided',
  capped: 'decided',
  ubi: 'decided',
  other: 'no_match',
  service: 'actor_type',
  nobody: 'context_only',
  late: 'late',
  ahead: 'decided',
  stranger: 'tenant_unknown',
};

const AGE_MS: Readonly<Partial<Record<Kind | Bad, number>>> = {
  late: 48 * HOUR_MS,
  ahead: -5 * MINUTE_MS,
  future: -HOUR_MS,
};

export const shardOf = (tenantId: string, actorId: string): number =>
  partitionOf(actorKeyText({ tenantId, actorId }), PARTITIONS);

const iso = (ms: number): string => new Date(Math.trunc(ms)).toISOString();

interface Facts {
  readonly id: string;
  readonly tenantId: string;
  readonly actorId: string | null;
  readonly kind: Kind | Bad;
  readonly branch: string;
  readonly nowMs: number;
}

/** Documents as the neighbours send them (contracts 1.1 and 2.1). */
const sinDocument = ({ id, tenantId, actorId, kind, branch, nowMs }: Facts): object => ({
  signal_id: id,
  tenant_id: tenantId,
  environment: 'dev',
  producer_id: 'chaos',
  actor_id: actorId,
  signal_kind: 'event',
  signal_type: kind === 'other' ? 'something_else' : 'commit_pushed',
  occurred_at: iso(nowMs - (AGE_MS[kind] ?? 500)),
  ingested_at: iso(nowMs),
  resource: { repository: 'org/shop', branch, actor_type: kind === 'service' ? 'service' : 'human' },
  payload: { files_changed: 3, source_files: 3, test_files: 0 },
  schema_version: '1.0.0',
});

const ubiDocument = ({ id, tenantId, actorId, nowMs }: Facts): object => ({
  signal_id: id,
  tenant_id: tenantId,
  actor_scope: 'actor',
  actor_or_group_id: actorId,
  dimension: 'flow',
  signal_type: 'risk',
  score: 71.5,
  severity: 'WARN',
  status: 'active',
  evidence_refs: [],
  created_at: iso(nowMs),
  updated_at: iso(nowMs),
});

/** What a seed makes a neighbour send, record by record. */
export class SignalPlan {
  readonly #random: Random;
  readonly #poison: readonly BadRecord[];
  readonly #run: string;
  readonly #sent: Planned[] = [];

  /** `run` makes ids unique over runs. */
  constructor(random: Random, poison: readonly BadRecord[], run: string) {
    this.#random = random;
    this.#poison = poison;
    this.#run = run;
  }

  get sent(): readonly Planned[] {
    return this.#sent;
  }

  next(nowMs: number): Planned {
    const kind = this.#kind();
    if (kind === 'again') return this.#again();
    if (kind === 'tombstone') return this.#keep({ ...TO_PM3, key: 'acme:gone', value: null, good: null, isBad: false });
    if (kind === 'poison') {
      const { message } = this.#random.pick(this.#poison);
      const key = message.key === null || message.key === undefined ? null : String(message.key);
      return this.#keep({ ...TO_PM3, key, value: message.value as Buffer, good: null, isBad: true });
    }
    if (kind === 'undecodable') {
      const value = Buffer.from(`not a signal ${this.#sent.length}`);
      return this.#keep({ topic: 'mmm.signals', key: 'acme|odd', value, good: null, isBad: true });
    }
    return this.signal(kind, nowMs);
  }

  /** One of the kind; `actorId` in place of a random one. */
  signal(kind: Kind | 'future', nowMs: number, actorId = this.#actor(kind)): Planned {
    const n = this.#sent.length;
    const id = `${this.#run}-${n}`;
    const tenantId = kind === 'stranger' ? 'unknown-tenant' : kind === 'capped' ? 'capped' : 'acme';
    const branch = kind === 'capped' ? `feature/${n}` : 'main';
    const facts = { id, tenantId, actorId, kind, branch, nowMs };
    const source = kind === 'ubi' ? 'ubi' : 'pm3';
    const shard = shardOf(tenantId, actorId ?? '');
    const signalId = idFrom(uuidIds, 'signal', [source, tenantId, id]);
    return this.#keep({
      topic: source === 'ubi' ? 'ubi.behavioural_signals' : TO_PM3.topic,
      // One raw partition for an actor: only then has its source an order.
      key: `${tenantId}:${actorId ?? ''}`,
      value: Buffer.from(JSON.stringify(source === 'ubi' ? ubiDocument(facts) : sinDocument(facts))),
      good:
        kind === 'future'
          ? null
          : {
              signalId,
              name: `signal ${n} (${kind}) of ${actorId ?? 'nobody'}`,
              byHttp: false,
              result: RESULT_OF[kind],
              mustHaveResult: true,
              shard,
              actor: actorKeyText({ tenantId, actorId: actorId ?? '' }),
            },
      isBad: kind === 'future',
    });
  }

  #kind(): (typeof SHARES)[number][0] {
    let at = this.#random.below(SHARES.reduce((sum, [, share]) => sum + share, 0));
    for (const [kind, share] of SHARES) if ((at -= share) < 0) return kind;
    return 'match';
  }

  #actor(kind: Kind | 'future'): string | null {
    if (kind === 'nobody') return null;
    if (kind === 'ubi') return `u${this.#random.below(10)}`;
    // Ever new ones are what makes states be read instead of remembered.
    if (this.#random.chance(0.1)) return `new${this.#sent.length}`;
    return kind === 'capped' ? `c${this.#random.below(20)}` : `a${this.#random.below(40)}`;
  }

  /** The producer sends something of the last minutes once more. */
  #again(): Planned {
    const before = this.#sent.slice(-400).filter(({ good }) => good !== null);
    if (before.length === 0) return this.next(Date.now());
    const { n: _n, ...one } = this.#random.pick(before);
    return this.#keep(one);
  }

  #keep(planned: Omit<Planned, 'n'>): Planned {
    const kept = { ...planned, n: this.#sent.length };
    this.#sent.push(kept);
    return kept;
  }
}

const TO_PM3 = { topic: 'pm3.signals.normalized' } as const satisfies { topic: TopicName };
