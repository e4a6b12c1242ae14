import type { SignalEntry } from '../../src/domain/actor-state.ts';
import type { Remains } from './remains.ts';

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
  for (const entry of [...journal.values()].flat()) {
    if (entry.kind !== 'signal') continue;
    entries.set(entry.signalId, [...(entries.get(entry.signalId) ?? []), entry]);
  }
  return entries;
};

/** I1: every valid signal has exactly one result, the one that its content asks for, and a decision exactly when that is `decided`. */
const checkResults = (remains: Remains, entries: ReadonlyMap<string, readonly SignalEntry[]>): void => {
  const { expected, lostShards, undoneWithoutTrace, reentries, find } = remains;
  for (const { signalId, name, result, mustHaveResult, shard } of expected.values()) {
    const found = entries.get(signalId) ?? [];
    const excused = lostShards.has(shard) || undoneWithoutTrace.has(signalId);
    if (mustHaveResult && !excused && found.length === 0) find('I1', `${name} has no result: it is lost`, 'lost');
    for (const entry of found) {
      if (entry.result !== result) find('I1', `${name} ended as ${entry.result}`, 'other');
      if ((entry.decisionId !== null) !== (entry.result === 'decided'))
        find('I1', `${name}: decision and result differ`, 'other');
    }
  }
  for (const [signalId, found] of entries) {
    if (found.length > 1) find('I1', `${signalId} has ${found.length} results`, 'duplicated');
    if (!expected.has(signalId) && !reentries.has(signalId)) find('I1', `nobody sent ${signalId}`, 'other');
  }
};

/** I7: what is bad is in the dead letters, what is good is not. Intake may write a letter twice, decide only for what was read again. */
const checkDeadLetters = ({ letters, badPlaces, lostShards, readAgain, find }: Remains): void => {
  const shardOf = (place: string): number | null =>
    place.startsWith('mmm.signals/') ? Number(place.split('/')[1]) : null;
  for (const place of badPlaces) {
    const count = letters.get(place) ?? 0;
    const shard = shardOf(place);
    if (count === 0 && !(shard !== null && lostShards.has(shard))) find('I7', `${place} has no dead letter`, 'lost');
    if (count > 1 && shard !== null && !readAgain) find('I7', `${place} has ${count} dead letters`, 'duplicated');
  }
  for (const place of letters.keys())
    if (!badPlaces.has(place)) find('I7', `${place} is a dead letter and was good`, 'other');
};

/** I3: an actor's signals stand in the journal in the order of `mmm.signals`, and there in the order of their source. */
const checkOrder = (remains: Remains): void => {
  const { expected, journal, undone, signalOrder, sourceOrder, find } = remains;
  const byHttp = (signalId: string): boolean => expected.get(signalId)?.byHttp !== false;
  for (const [actor, entries] of journal) {
    const decided = entries.flatMap((entry) => (entry.kind === 'signal' ? [entry.signalId] : []));
    const held = new Set(decided);
    const counted = (ids: readonly string[]): string[] => ids.filter((id) => !byHttp(id) && !undone.has(id));
    const wanted = counted(signalOrder.get(actor) ?? []).filter((id) => held.has(id));
    compareOrder(counted(decided), wanted, (at) =>
      find('I3', `${actor}: signal ${at} is not in the order of mmm.signals`, 'out of order'),
    );
  }
  for (const [actor, wanted] of sourceOrder) {
    const logged = (signalOrder.get(actor) ?? []).filter((id) => expected.has(id));
    compareOrder(logged, wanted, (at) =>
      find('I3', `${actor}: signal ${at} of mmm.signals is not in the order of its source`, 'out of order'),
    );
  }
};

const compareOrder = (found: readonly string[], wanted: readonly string[], differs: (at: number) => void): void => {
  const at = wanted.findIndex((id, index) => found[index] !== id);
  if (at >= 0 || found.length !== wanted.length) differs(at);
};

/** The same signal gives the same decision: what a client was told is what is stored and published. */
const checkAnswers = (remains: Remains, entries: ReadonlyMap<string, readonly SignalEntry[]>): void => {
  const { answers, decisions, lostShards, undone, find } = remains;
  for (const { name, signalId, shard, decision } of answers) {
    if (decision === undefined) {
      if (!lostShards.has(shard)) find('I9', `nobody was told about ${name}`, 'other');
      continue;
    }
    if (decision === null || undone.has(signalId)) continue;
    const body = decisions.get(entries.get(signalId)?.[0]?.decisionId ?? '')?.body;
    if (body === undefined || body !== decision) {
      find('G3', `the client of ${name} was told another decision than is stored`, 'other');
    }
  }
};
