import { uuidIds } from '../../src/adapters/ids/uuid-ids.ts';
import type { JournalEntry } from '../../src/domain/actor-state.ts';
import { DEFERRAL_DUE } from '../../src/domain/decision/release.ts';
import { actorKeyText, reentrySignalIdOf } from '../../src/domain/ids.ts';
import { partitionOf } from '../../src/domain/partitioner.ts';
import type { MmmSignalInput } from '../../src/generated/records.ts';
import type { TopicName } from '../../src/generated/topics.ts';
import type { DecisionRow } from '../../src/pipeline/ports/journal.ts';
import type { OutputRecord } from '../../src/pipeline/ports/records.ts';
import { checkRemains } from '../invariants/check-remains.ts';
import { addOnce, type Answered, type Expected, type Row, type Shown } from '../invariants/remains.ts';
import type { LoggedRecord } from './broker.ts';
import { checkOutcomes } from './check-outcomes.ts';
import type { Cluster } from './cluster.ts';
import type { Asked } from './operation.ts';
import type { Gain } from './postgres.ts';
import { isSignal } from './remains.ts';
import { actorText, isValid, type Planned, RESULT_OF, signalIdOf } from './workload.ts';

const OUTPUTS: readonly TopicName[] = [
  'mmm.decisions',
  'mmm.delivery.ide',
  'mmm.delivery.ci',
  'mmm.delivery.alert',
  'mmm.receipts',
  'mmm.outcomes',
];

/** The checks of test/invariants over what one simulated run has left; I6 and I9 are watched while it runs, too. */
export const check = (cluster: Cluster, asked: readonly Asked[], stopped: ReadonlyMap<number, string>): void => {
  const { workload, postgres, broker } = cluster;
  const journal = new Map<string, JournalEntry[]>();
  const gains = new Map<string, Gain[]>();
  const decisions = new Map<string, DecisionRow>();
  for (const { commit } of postgres.committed()) {
    const actor = actorKeyText(commit.key);
    journal.set(actor, [...(journal.get(actor) ?? []), ...commit.entries]);
    gains.set(commit.key.actorId, [...(gains.get(commit.key.actorId) ?? []), commit]);
    for (const decision of commit.decisions) decisions.set(decision.decisionId, decision);
  }
  const rows = Array.from({ length: broker.partitions }, (_, shard) => postgres.rows(shard).map(rowOf));
  const lost = new Set([...stopped].filter(([, code]) => code === 'DATABASE_WENT_BACK').map(([shard]) => shard));
  const outputs = OUTPUTS.flatMap((topic) => broker.visible(topic));
  checkRemains({
    partitions: broker.partitions,
    quotasOf: () => workload.quotas,
    lostShards: lost,
    readAgain: false,
    undone: new Set(
      postgres.undone.flatMap(({ commit }) => commit.entries.filter(isSignal).map((one) => one.signalId)),
    ),
    undoneWithoutTrace: undoneWithoutTrace(cluster),
    expected: new Map(workload.signals.flatMap((planned) => expectedOf(cluster, asked, planned))),
    reentries: reentriesOf(cluster),
    journal,
    decisions,
    rows: (shard) => rows[shard]!,
    outputs: outputs.map(shownOf),
    letters: lettersOf(cluster),
    badPlaces: badPlacesOf(cluster),
    signalOrder: signalOrderOf(cluster),
    sourceOrder: sourceOrderOf(cluster),
    answers: asked.map((one) => answeredOf(cluster, one)),
    find: (invariant, what) => cluster.find(invariant, what),
  });
  const find = (invariant: string, what: string): void => cluster.find(invariant, what);
  checkOutcomes({ cluster, asked, lost, journal: gains, decisions, outputs, find });
};

const textOf = ({ value }: Pick<LoggedRecord, 'value'>): string => Buffer.from(value ?? []).toString();

const headersOf = (headers: LoggedRecord['headers']): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));

const rowOf = ({ topic, value, headers }: OutputRecord): Row => ({
  topic,
  value: value ?? Buffer.alloc(0),
  decisionId: String(headers['mmm-decision-id']),
});

const shownOf = (record: LoggedRecord): Shown => ({
  topic: record.topic,
  headers: headersOf(record.headers),
  body: JSON.parse(textOf(record)) as Record<string, unknown>,
  value: record.value ?? Buffer.alloc(0),
  transaction: record.transaction,
});

const shardOf = ({ workload }: Cluster, planned: Planned): number =>
  partitionOf(actorText(planned), workload.partitions);

const expectedOf = (
  cluster: Cluster,
  asked: readonly Asked[],
  planned: Planned,
): readonly (readonly [string, Expected])[] => {
  if (!isValid(planned.kind)) return [];
  const stored = asked.some(
    ({ planned: one, answer }) => one === planned && answer !== null && answer.result !== 'over_budget',
  );
  const signalId = signalIdOf(planned);
  const expected: Expected = {
    signalId,
    name: `${planned.id} (${planned.kind}) of ${planned.actor ?? 'nobody'}`,
    byHttp: planned.askAtMs.length !== 0,
    result: RESULT_OF[planned.kind],
    mustHaveResult: planned.putAtMs.length > 0 || stored,
    shard: shardOf(cluster, planned),
  };
  return [[signalId, expected]];
};

/** PostgreSQL lost results without outputs: their offsets are past, and nothing of them was to be seen. */
const undoneWithoutTrace = ({ postgres }: Cluster): ReadonlySet<string> => {
  const lost = new Set<string>();
  for (const { commit, epoch } of postgres.undone) {
    for (const entry of commit.entries.filter(isSignal))
      if (entry.decisionId === null || epoch === null) lost.add(entry.signalId);
  }
  return lost;
};

const reentriesOf = ({ postgres }: Cluster): ReadonlySet<string> =>
  new Set(
    [...postgres.committed(), ...postgres.undone].flatMap(({ commit }) =>
      (commit.deferrals ?? []).map(({ decisionId, actionId, attempt }) =>
        reentrySignalIdOf(uuidIds, DEFERRAL_DUE, decisionId, actionId, attempt),
      ),
    ),
  );

const lettersOf = ({ broker }: Cluster): Map<string, number> => {
  const letters = new Map<string, number>();
  for (const { headers } of broker.visible('mmm.dlq')) {
    const place = ['topic', 'partition', 'offset'].map((name) => String(headers[`mmm-dlq-${name}`])).join('/');
    // Those of reports are check-outcomes.ts's.
    if (!place.startsWith('mmm.outcome_reports/')) letters.set(place, (letters.get(place) ?? 0) + 1);
  }
  return letters;
};

const badPlacesOf = (cluster: Cluster): Set<string> => {
  const places = new Set<string>();
  for (const { channel, lane, position, value } of cluster.raw.lanes.flat()) {
    if (value !== null && isBad(cluster, value)) places.add(`${channel}/${lane}/${position}`);
  }
  for (let partition = 0; partition < cluster.broker.partitions; partition++) {
    for (const record of cluster.broker.lane('mmm.signals', partition)) {
      if (!textOf(record).endsWith('}')) places.add(`mmm.signals/${partition}/${record.offset}`);
    }
  }
  return places;
};

const isBad = ({ workload }: Cluster, value: Uint8Array): boolean => {
  const planned = plannedIn(workload.signals, value);
  return planned === null || !isValid(planned.kind);
};

const plannedIn = (signals: readonly Planned[], value: Uint8Array): Planned | null => {
  const text = Buffer.from(value).toString();
  if (!text.startsWith('{')) return null;
  const { signal_id } = JSON.parse(text) as { signal_id: string };
  return signals[Number(signal_id.slice(1))] ?? null;
};

const signalOrderOf = ({ broker }: Cluster): Map<string, string[]> => {
  const order = new Map<string, string[]>();
  for (let partition = 0; partition < broker.partitions; partition++) {
    for (const record of broker.lane('mmm.signals', partition)) {
      if (!textOf(record).endsWith('}')) continue;
      const { signal_id, tenant_id, actor_id } = JSON.parse(textOf(record)) as MmmSignalInput;
      addOnce(order, actorKeyText({ tenantId: tenant_id, actorId: actor_id ?? '' }), signal_id);
    }
  }
  return order;
};

const sourceOrderOf = ({ raw, workload }: Cluster): Map<string, string[]> => {
  const order = new Map<string, string[]>();
  for (const { value } of raw.lanes.flat()) {
    const planned = value === null ? null : plannedIn(workload.signals, value);
    if (planned !== null && isValid(planned.kind)) addOnce(order, actorText(planned), signalIdOf(planned));
  }
  return order;
};

const answeredOf = (cluster: Cluster, { planned, signal, answer }: Asked): Answered => ({
  name: planned.id,
  signalId: signal.signal_id,
  shard: shardOf(cluster, planned),
  decision: answer === null ? undefined : answer.decision === null ? null : JSON.stringify(answer.decision),
});
