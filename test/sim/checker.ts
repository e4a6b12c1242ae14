import type { TopicName } from '../../src/generated/topics.ts';
import type { DecisionRow } from '../../src/pipeline/ports/journal.ts';
import type { Cluster } from './cluster.ts';
import { checkDecisions } from './check-decisions.ts';
import { checkInputs } from './check-inputs.ts';
import { checkOutcomes } from './check-outcomes.ts';
import { checkOutputs } from './check-outputs.ts';
import type { Asked } from './operation.ts';
import type { Gain } from './postgres.ts';
import type { Remains } from './remains.ts';

const OUTPUTS: readonly TopicName[] = [
  'mmm.decisions',
  'mmm.delivery.ide',
  'mmm.delivery.ci',
  'mmm.delivery.alert',
  'mmm.receipts',
  'mmm.outcomes',
];

/** The invariants I1 to I8, G2, G3, G4 and G5 over what one run has left; I6 and I9 are watched while it runs, too. */
export const check = (cluster: Cluster, asked: readonly Asked[], stopped: ReadonlyMap<number, string>): void => {
  const journal = new Map<string, Gain[]>();
  const decisions = new Map<string, DecisionRow>();
  for (const { commit } of cluster.postgres.committed()) {
    const held = journal.get(commit.key.actorId) ?? [];
    held.push(commit);
    journal.set(commit.key.actorId, held);
    for (const decision of commit.decisions) decisions.set(decision.decisionId, decision);
  }
  const remains: Remains = {
    cluster,
    asked,
    lost: new Set([...stopped].filter(([, code]) => code === 'DATABASE_WENT_BACK').map(([shard]) => shard)),
    journal,
    decisions,
    outputs: OUTPUTS.flatMap((topic) => cluster.broker.visible(topic)),
    find: (invariant, what) => cluster.find(invariant, what),
  };
  checkInputs(remains);
  checkOutputs(remains);
  checkDecisions(remains);
  checkOutcomes(remains);
};
