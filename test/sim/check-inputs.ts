import { uuidIds } from '../../src/adapters/ids/uuid-ids.ts';
import { DEFERRAL_DUE } from '../../src/domain/decision/release.ts';
import { reentrySignalIdOf } from '../../src/domain/ids.ts';
import { partitionOf } from '../../src/domain/partitioner.ts';
import type { SignalEntry } from '../../src/domain/actor-state.ts';
import type { MmmSignalInput } from '../../src/generated/records.ts';
import { isSignal, textOf, type Remains } from './remains.ts';
import { actorText, isValid, type Planned, RESULT_OF, signalIdOf } from './workload.ts';

/** I1, I3 (input side) and I7: what came in, where it went, and in which order. */
export const checkInputs = (remains: Remains): void => {
  const entries = entriesBySignal(remains);
  checkResults(remains, entries);
  checkDeadLetters(remains);
  checkOrder(remains);
  checkAnswers(remains, entries);
};

const entriesBySignal = ({ journal }: Remains): Map<string, SignalEntry[]> => {
  const entries = new Map<string, SignalEntry[]>();
  for (const entry of [...journal.values()].flat().flatMap((commit) => commit.entries.filter(isSignal))) {
    entries.set(entry.signalId, [...(entries.get(entry.signalId) ?? []), entry]);
  }
  return entries;
};

const shardOf = ({ cluster }: Remains, planned: Planned): number =>
  partitionOf(actorText(planned), cluster.workload.partitions);

/** PostgreSQL lost results without outputs: their offsets are past, and nothing of them was to be seen. */
const lostWithoutTrace = ({ cluster }: Remains): ReadonlySet<string> => {
  const lost = new Set<string>();
  for (const { commit, epoch } of cluster.postgres.undone) {
    for (const entry of commit.entries.filter(isSignal))
      if (entry.decisionId === null || epoch === null) lost.add(entry.signalId);
  }
  return lost;
};

/** I1: every valid signal has exactly one result, the one that its content asks for, and a decision exactly when that is `decided`. */
const checkResults = (remains: Remains, entries: ReadonlyMap<string, readonly SignalEntry[]>): void => {
  const { cluster, asked, lost, find } = remains;
  const forgotten = lostWithoutTrace(remains);
  const stored = new Set(
    asked.filter(({ answer }) => answer !== null && answer.result !== 'over_budget').map(({ planned }) => planned),
  );
  const expected = new Set<string>();
  for (const planned of cluster.workload.signals) {
    if (!isValid(planned.kind)) continue;
    const signalId = signalIdOf(planned);
    expected.add(signalId);
    const found = entries.get(signalId) ?? [];
    const name = `${planned.id} (${planned.kind}) of ${planned.actor ?? 'nobody'}`;
    const wanted = planned.putAtMs.length > 0 || stored.has(planned);
    const excused = lost.has(shardOf(remains, planned)) || forgotten.has(signalId);
    if (wanted && !excused && found.length === 0) find('I1', `${name} has no result: it is lost`);
    for (const entry of found) {
      if (entry.result !== RESULT_OF[planned.kind]) find('I1', `${name} ended as ${entry.result}`);
      if ((entry.decisionId !== null) !== (entry.result === 'decided'))
        find('I1', `${name}: decision and result differ`);
    }
  }
  for (const { commit } of [...cluster.postgres.committed(), ...cluster.postgres.undone]) {
    for (const { decisionId, actionId, attempt } of commit.deferrals ?? []) {
      expected.add(reentrySignalIdOf(uuidIds, DEFERRAL_DUE, decisionId, actionId, attempt));
    }
  }
  for (const [signalId, found] of entries) {
    if (found.length > 1) find('I1', `${signalId} has ${found.length} results`);
  }
  for (const signalId of entries.keys()) if (!expected.has(signalId)) find('I1', `nobody sent ${signalId}`);
};

/** I7: what is bad is in the dead letters, what is good is not. Intake may write a letter twice, decide may not. */
const checkDeadLetters = (remains: Remains): void => {
  const { cluster, find, lost } = remains;
  const letters = new Map<string, number>();
  for (const { headers } of cluster.broker.visible('mmm.dlq')) {
    const place = `${String(headers['mmm-dlq-topic'])}/${String(headers['mmm-dlq-partition'])}/${String(headers['mmm-dlq-offset'])}`;
    // Those of reports are check-outcomes.ts's.
    if (!place.startsWith('mmm.outcome_reports/')) letters.set(place, (letters.get(place) ?? 0) + 1);
  }
  const expected = new Set<string>();
  cluster.raw.lanes.forEach((lane) => {
    for (const { channel, lane: at, position, value } of lane) {
      if (value !== null && isBad(remains, value)) expected.add(`${channel}/${at}/${position}`);
    }
  });
  for (let partition = 0; partition < cluster.broker.partitions; partition++) {
    for (const record of cluster.broker.lane('mmm.signals', partition)) {
      if (!textOf(record).endsWith('}')) expected.add(`mmm.signals/${partition}/${record.offset}`);
    }
  }
  for (const place of expected) {
    const count = letters.get(place) ?? 0;
    const shard = place.startsWith('mmm.signals/') ? Number(place.split('/')[1]) : null;
    if (count === 0 && !(shard !== null && lost.has(shard))) find('I7', `${place} has no dead letter`);
    if (count > 1 && shard !== null) find('I7', `${place} has ${count} dead letters`);
  }
  for (const place of letters.keys()) if (!expected.has(place)) find('I7', `${place} is a dead letter and was good`);
};

const isBad = ({ cluster }: Remains, value: Uint8Array): boolean => {
  const planned = plannedIn(cluster.workload.signals, value);
  return planned === null || !isValid(planned.kind);
};

const plannedIn = (signals: readonly Planned[], value: Uint8Array): Planned | null => {
  const text = Buffer.from(value).toString();
  if (!text.startsWith('{')) return null;
  const { signal_id } = JSON.parse(text) as { signal_id: string };
  return signals[Number(signal_id.slice(1))] ?? null;
};

/** I3: an actor's signals stand in the journal in the order of `mmm.signals`, and there in the order of their source. */
const checkOrder = (remains: Remains): void => {
  const { cluster, journal, find } = remains;
  const { broker, workload } = cluster;
  const bySignal = new Map(workload.signals.map((planned) => [signalIdOf(planned), planned]));
  const byHttp = (signalId: string): boolean => bySignal.get(signalId)?.askAtMs.length !== 0;
  const undone = new Set(
    cluster.postgres.undone.flatMap(({ commit }) => commit.entries.filter(isSignal).map((one) => one.signalId)),
  );

  const inLog = new Map<string, string[]>();
  for (let partition = 0; partition < broker.partitions; partition++) {
    for (const record of broker.lane('mmm.signals', partition)) {
      if (!textOf(record).endsWith('}')) continue;
      const { signal_id, actor_id } = JSON.parse(textOf(record)) as MmmSignalInput;
      const seen = inLog.get(actor_id ?? '') ?? [];
      if (!seen.includes(signal_id)) seen.push(signal_id);
      inLog.set(actor_id ?? '', seen);
    }
  }
  for (const [actor, commits] of journal) {
    const decided = commits.flatMap((commit) => commit.entries.filter(isSignal).map((entry) => entry.signalId));
    const counted = (ids: readonly string[]): string[] => ids.filter((id) => !byHttp(id) && !undone.has(id));
    const wanted = counted(inLog.get(actor) ?? []).filter((id) => decided.includes(id));
    compareOrder(counted(decided), wanted, (at) =>
      find('I3', `${actor}: signal ${at} is not in the order of mmm.signals`),
    );
  }

  const inSource = new Map<string, string[]>();
  for (const { value } of cluster.raw.lanes.flat()) {
    const planned = value === null ? null : plannedIn(workload.signals, value);
    if (planned === null || !isValid(planned.kind)) continue;
    const seen = inSource.get(planned.actor ?? '') ?? [];
    if (!seen.includes(signalIdOf(planned))) seen.push(signalIdOf(planned));
    inSource.set(planned.actor ?? '', seen);
  }
  for (const [actor, wanted] of inSource) {
    const logged = (inLog.get(actor) ?? []).filter((id) => bySignal.has(id));
    compareOrder(logged, wanted, (at) =>
      find('I3', `${actor}: signal ${at} of mmm.signals is not in the order of its source`),
    );
  }
};

const compareOrder = (found: readonly string[], wanted: readonly string[], differs: (at: number) => void): void => {
  const at = wanted.findIndex((id, index) => found[index] !== id);
  if (at >= 0 || found.length !== wanted.length) differs(at);
};

/** The same signal gives the same decision: what a client was told is what is stored and published. */
const checkAnswers = (remains: Remains, entries: ReadonlyMap<string, readonly SignalEntry[]>): void => {
  const { cluster, asked, decisions, lost, find } = remains;
  const undone = new Set(
    cluster.postgres.undone.flatMap(({ commit }) => commit.entries.filter(isSignal).map((one) => one.signalId)),
  );
  for (const { planned, signal, answer } of asked) {
    if (answer === null) {
      if (!lost.has(shardOf(remains, planned))) find('I9', `nobody was told about ${planned.id}`);
      continue;
    }
    if (answer.decision === null || undone.has(signal.signal_id)) continue;
    const stored = entries.get(signal.signal_id)?.[0];
    const body = decisions.get(stored?.decisionId ?? '')?.body;
    if (body === undefined || body !== JSON.stringify(answer.decision)) {
      find('G3', `the client of ${planned.id} was told another decision than is stored`);
    }
  }
};
