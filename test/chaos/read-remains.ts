import { uuidIds } from '../../src/adapters/ids/uuid-ids.ts';
import { openDatabase } from '../../src/adapters/postgres/database.ts';
import { PostgresJournal } from '../../src/adapters/postgres/postgres-journal.ts';
import type { JournalEntry } from '../../src/domain/actor-state.ts';
import { DEFERRAL_DUE } from '../../src/domain/decision/release.ts';
import { type ActorKey, actorKeyText, reentrySignalIdOf } from '../../src/domain/ids.ts';
import { canonicalJson } from '../../src/domain/receipt/canonical-json.ts';
import { SILENT_LOGGER } from '../../src/entrypoints/cli/silent-logger.ts';
import type { TopicName } from '../../src/generated/topics.ts';
import { headersFromText } from '../../src/pipeline/ports/header-text.ts';
import type { DecisionRow } from '../../src/pipeline/ports/journal.ts';
import { TENANTS } from '../e2e/support/tenants.ts';
import { createAvroReader, readTopic, type Seen } from '../e2e/support/topics.ts';
import {
  addOnce,
  type Answered,
  type Expected,
  type Find,
  type Remains,
  type Row,
  type Shown,
} from '../invariants/remains.ts';
import type { Ask } from './asker.ts';
import { OUTPUT_TOPICS } from './output-topics.ts';
import { PARTITIONS, type Planned } from './plan-signal.ts';
import type { Site } from './site.ts';

const RAW_TOPICS: readonly TopicName[] = ['pm3.signals.normalized', 'ubi.behavioural_signals'];
const FOLD_AT_ONCE = 500;

/** What a run has left in the stores: topics as an independent `read_committed` client sees them, rows as PostgreSQL has them. */
export const readRemains = async (site: Site, find: Find): Promise<Remains> => {
  const { installation, plan, asker } = site;
  const read = async (name: TopicName): Promise<Seen[]> =>
    await readTopic(installation.brokers, installation.topic(name));
  const decode = createAvroReader(installation.addresses.SCHEMA_REGISTRY_URL);
  const shown = async (name: TopicName): Promise<Shown[]> =>
    await Promise.all(
      (await read(name)).map(async ({ headers, value }) => ({
        topic: name,
        headers,
        body:
          name === 'mmm.receipts' ? (JSON.parse(value!.toString()) as Record<string, unknown>) : await decode(value!),
        value: value!,
      })),
    );
  const outputs: Shown[] = [];
  for (const name of OUTPUT_TOPICS) outputs.push(...(await shown(name)));

  const letters = new Map<string, number>();
  for (const { headers } of await read('mmm.dlq')) {
    const place = ['topic', 'partition', 'offset'].map((name) => headers[`mmm-dlq-${name}`]).join('/');
    letters.set(place, (letters.get(place) ?? 0) + 1);
  }

  const badPlaces = new Set<string>();
  const sourceOrder = new Map<string, string[]>();
  const there = new Set<number>();
  for (const name of RAW_TOPICS) {
    for (const record of await read(name)) {
      const planned = plannedOf(plan.sent, record);
      there.add(planned.n);
      if (planned.isBad) badPlaces.add(`${name}/${record.partition}/${record.offset}`);
      if (planned.good !== null) addOnce(sourceOrder, planned.good.actor, planned.good.signalId);
    }
  }
  const signalOrder = new Map<string, string[]>();
  for (const record of await read('mmm.signals')) {
    if (record.headers['chaos'] !== undefined && plannedOf(plan.sent, record).topic === 'mmm.signals') {
      there.add(Number(record.headers['chaos']));
      badPlaces.add(`mmm.signals/${record.partition}/${record.offset}`);
      continue;
    }
    const { signal_id, tenant_id, actor_id } = (await decode(record.value!)) as Record<string, string | null>;
    addOnce(signalOrder, actorKeyText({ tenantId: String(tenant_id), actorId: actor_id ?? '' }), String(signal_id));
  }
  for (const { n, topic } of plan.sent) {
    if (!there.has(n)) find('I1', `record ${n} was acknowledged and is not in ${topic}`, 'lost');
  }

  const { journal, decisions, rows, reentries } = await readDatabase(site);
  return {
    partitions: PARTITIONS,
    quotasOf,
    lostShards: new Set(),
    readAgain: site.offsets.inputForgotten,
    undone: new Set(),
    undoneWithoutTrace: new Set(),
    expected: expectedOf(plan.sent, asker.asks),
    reentries,
    journal,
    decisions,
    rows: (shard) => rows.get(shard) ?? [],
    outputs,
    letters,
    badPlaces,
    signalOrder,
    sourceOrder,
    answers: asker.asks.map((ask) => answeredOf(ask, decisions)),
    find,
  };
};

const plannedOf = (sent: readonly Planned[], { topic, headers }: Seen): Planned => {
  const planned = sent[Number(headers['chaos'])];
  if (planned === undefined) throw new Error(`a record of ${topic} is nobody's: ${JSON.stringify(headers)}`);
  return planned;
};

const quotasOf = (tenantId: string): { perDay: number; perHour: number } => {
  const quotas = TENANTS.tenants.find(({ id }) => id === tenantId)?.quotas ?? {};
  return { perDay: quotas['max_actions_per_day'] ?? 0, perHour: quotas['max_actions_per_hour'] ?? 0 };
};

const expectedOf = (sent: readonly Planned[], asks: readonly Ask[]): Map<string, Expected> => {
  const expected = new Map<string, Expected>();
  for (const { good } of sent) if (good !== null) expected.set(good.signalId, good);
  for (const { signalId, name, shard, stored } of asks) {
    const mustHaveResult = stored || expected.get(signalId)?.mustHaveResult === true;
    expected.set(signalId, { signalId, name, byHttp: true, result: 'decided', mustHaveResult, shard });
  }
  return expected;
};

const answeredOf = (ask: Ask, decisions: ReadonlyMap<string, DecisionRow>): Answered => {
  const { name, signalId, shard, decision } = ask;
  if (decision === null || decision === undefined) return { name, signalId, shard, decision };
  // The answer went through a reply schema, which may order members otherwise: what it says is compared, by value.
  const { decision_id } = JSON.parse(decision) as { decision_id: string };
  const body = decisions.get(decision_id)?.body;
  const same = body !== undefined && canonicalJson(JSON.parse(body)) === decision;
  return { name, signalId, shard, decision: same ? body : decision };
};

interface DatabaseRemains {
  readonly journal: Map<string, readonly JournalEntry[]>;
  readonly decisions: Map<string, DecisionRow>;
  readonly rows: Map<number, Row[]>;
  readonly reentries: Set<string>;
}

const readDatabase = async (site: Site): Promise<DatabaseRemains> => {
  const url = site.installation.env['DATABASE_URL']!;
  const database = openDatabase({
    url,
    role: 'mmm_pipeline',
    maxConnections: 1,
    applicationName: 'chaos',
    logger: SILENT_LOGGER,
    noStatementTimeout: true,
  });
  try {
    const keys = await database.query<{ tenant_id: string; actor_id: string }>(
      'SELECT tenant_id, actor_id FROM mmm_actors',
    );
    const actors: ActorKey[] = keys.map((row) => ({ tenantId: row.tenant_id, actorId: row.actor_id }));
    const journal = new Map<string, readonly JournalEntry[]>();
    const reader = new PostgresJournal(database, { now: () => Date.now(), monotonicMs: () => performance.now() });
    for (let at = 0; at < actors.length; at += FOLD_AT_ONCE) {
      const folded = await reader.fold(actors.slice(at, at + FOLD_AT_ONCE));
      folded.forEach(({ entries }, index) => journal.set(actorKeyText(actors[at + index]!), entries));
    }
    const decisions = await database.query<{
      decision_id: string;
      signal_id: string;
      body: string;
      trace: string;
      read: string;
      receipt_id: string;
    }>('SELECT decision_id, signal_id, body, trace, "read", receipt_id FROM mmm_decisions');
    const outbox = await database.query<{ shard: number; topic: string; value: Buffer | null; headers: string }>(
      'SELECT shard, topic, value, headers FROM mmm_outbox ORDER BY shard, number',
    );
    const deferrals = await database.query<{ decision_id: string; action_id: string; attempt: number }>(
      'SELECT decision_id, action_id, attempt FROM mmm_deferrals',
    );
    const rows = new Map<number, Row[]>();
    for (const { shard, topic, value, headers } of outbox) {
      const decisionId = String(headersFromText(headers)['mmm-decision-id']);
      const ofShard = rows.get(shard) ?? [];
      ofShard.push({ topic, value: value ?? Buffer.alloc(0), decisionId });
      rows.set(shard, ofShard);
    }
    return {
      journal,
      decisions: new Map(decisions.map((row) => [row.decision_id, decisionRowOf(row)])),
      rows,
      reentries: new Set(
        deferrals.map((row) => reentrySignalIdOf(uuidIds, DEFERRAL_DUE, row.decision_id, row.action_id, row.attempt)),
      ),
    };
  } finally {
    await database.close();
  }
};

const decisionRowOf = (row: {
  decision_id: string;
  signal_id: string;
  body: string;
  trace: string;
  read: string;
  receipt_id: string;
}): DecisionRow => ({
  decisionId: row.decision_id,
  signalId: row.signal_id,
  decidedAtMs: 0,
  body: row.body,
  trace: row.trace,
  read: row.read,
  receiptId: row.receipt_id,
  receipt: new Uint8Array(),
  actions: [],
});
