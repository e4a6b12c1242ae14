import type { StoredOutcome } from '../../src/pipeline/ports/journal.ts';
import { textOf, type Remains } from './remains.ts';

/** I10: each outcome is believed once, of the actor whose action it is, in an order that makes sense; every report is recorded or refused. */
export const checkOutcomes = (remains: Remains): void => {
  const recorded = checkRecorded(remains);
  checkSequences(recorded, remains.find);
  checkReports(remains, recorded);
  checkEvents(remains, recorded);
};

const checkRecorded = ({ journal, find }: Remains): readonly StoredOutcome[] => {
  const owners = new Map<string, string>();
  for (const [actor, commits] of journal) {
    for (const { decisions } of commits) {
      for (const { decisionId, actions } of decisions) {
        for (const { actionId } of actions) owners.set(`${decisionId} ${actionId}`, actor);
      }
    }
  }
  const recorded: StoredOutcome[] = [];
  const seen = new Set<string>();
  for (const [actor, commits] of journal) {
    for (const { outcome } of commits) {
      if (outcome === null) continue;
      const { outcomeId, decisionId, actionId } = outcome;
      if (seen.has(outcomeId)) find('I10', `outcome ${outcomeId} is recorded twice`);
      seen.add(outcomeId);
      recorded.push(outcome);
      const owner = owners.get(`${decisionId} ${actionId}`);
      if (owner !== actor || outcome.actorId !== actor)
        find('I10', `outcome ${outcomeId} by ${actor} is of an action of ${owner ?? 'nobody'}`);
    }
  }
  return recorded;
};

/** A person's word is final, and only what was accepted can fail (domain/outcome.ts; said here in words of its own). */
const checkSequences = (recorded: readonly StoredOutcome[], find: Remains['find']): void => {
  const before = new Map<string, string[]>();
  for (const { actionId, result, outcomeId } of recorded) {
    const held = before.get(actionId) ?? [];
    const wrong =
      held.includes(result) ||
      (result === 'accepted' && held.includes('dismissed')) ||
      (result === 'dismissed' && held.includes('accepted')) ||
      (result === 'ignored' && (held.includes('accepted') || held.includes('dismissed'))) ||
      (result === 'failed' && !held.includes('accepted'));
    if (wrong) find('I10', `outcome ${outcomeId} (${result}) is recorded after ${held.join(', ') || 'nothing'}`);
    before.set(actionId, [...held, result]);
  }
};

/** G1 of reports: recorded, said before, or a dead letter. Which of two that contradict each other wins is chance. */
const checkReports = ({ cluster, lost, find }: Remains, recorded: readonly StoredOutcome[]): void => {
  const letters = new Set<string>();
  for (const { headers } of cluster.broker.visible('mmm.dlq')) {
    if (headers['mmm-dlq-topic'] !== 'mmm.outcome_reports') continue;
    letters.add(`${String(headers['mmm-dlq-partition'])}/${String(headers['mmm-dlq-offset'])}`);
  }
  // What was recorded and then lost with the database has no letter and is not there.
  const gone = new Set(cluster.postgres.undone.flatMap(({ commit }) => commit.outcome?.actionId ?? []));
  cluster.reports.lanes.forEach((lane, at) => {
    // What waits for a shard that stands still is not lost.
    const upto = lost.size > 0 ? cluster.reports.settled[at]! : lane.length;
    for (const { value, position } of lane.slice(0, upto)) {
      const { outcome_id, action_id, actor_id, result } = JSON.parse(Buffer.from(value ?? []).toString()) as Record<
        string,
        string
      >;
      const said = recorded.some(
        (one) => one.actionId === action_id && one.actorId === actor_id && one.result === result,
      );
      const refused = letters.has(`${at}/${position}`);
      if (!said && !refused && !gone.has(action_id!)) find('I10', `report ${outcome_id!} (${result!}) is lost`);
    }
  });
};

/** One event each, which says what is recorded. That it is one row of the outbox is I5's. */
const checkEvents = ({ outputs, lost, find }: Remains, recorded: readonly StoredOutcome[]): void => {
  const events = new Map<string, string>();
  for (const record of outputs) {
    if (record.topic !== 'mmm.outcomes') continue;
    const { payload } = JSON.parse(textOf(record)) as { payload: Record<string, string> };
    if (events.has(payload['outcome_id']!)) find('I10', `outcome ${payload['outcome_id']!} has two events`);
    events.set(payload['outcome_id']!, `${payload['action_id']!} ${payload['actor_id']!} ${payload['result']!}`);
  }
  for (const { outcomeId, actionId, actorId, result } of recorded) {
    const said = events.get(outcomeId);
    if (said === undefined && lost.size > 0) continue;
    if (said !== `${actionId} ${actorId} ${result}`)
      find('I10', `outcome ${outcomeId} has the event ${said ?? 'none'}`);
  }
};
