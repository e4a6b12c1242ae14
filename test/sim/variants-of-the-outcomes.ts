import { MmmError } from '../../src/errors.ts';
import type { OutcomeCommit, OutcomePlace, OutcomeStanding } from '../../src/pipeline/ports/journal.ts';
import type { Cluster, Variant } from './cluster.ts';
import { journalWith } from './journal-with.ts';
import type { SimProcess } from './world.ts';

const QUERY_TIMEOUT_MS = 5_000;

/** Written wherever the actor stands, and under another id where this one is taken. */
const recordAnyhow = (cluster: Cluster, process: SimProcess, commit: OutcomeCommit) =>
  cluster.wire.call({
    process,
    server: cluster.postgresServer,
    what: `commit outcome ${commit.outcome.outcomeId}, not unique`,
    timeoutMs: QUERY_TIMEOUT_MS,
    effect: async () => {
      const { postgres, random } = cluster;
      const { outcome } = commit;
      const { stored } = await postgres.raw.outcomeStanding({ tenantId: commit.key.tenantId, ...outcome });
      const outcomeId = stored === null ? outcome.outcomeId : `${outcome.outcomeId} again ${random.id()}`;
      return postgres.commitOutcome({ ...commit, outcome: { ...outcome, outcomeId } });
    },
    unanswered: () => new MmmError('DATABASE_UNAVAILABLE'),
  });

const outcomeNotUnique: Variant = {
  name: 'outcome-not-unique',
  breaks: 'an outcome that is on file is recorded again when its report comes again',
  within: 15,
  ports: (ports, cluster, process) => ({
    ...ports,
    journal: journalWith(ports.journal, {
      outcomeStanding: async (place) => {
        const { action } = await ports.journal.outcomeStanding(place);
        return { action: action === null ? null : { ...action, outcomes: [] }, stored: null };
      },
      commitOutcome: (commit) => recordAnyhow(cluster, process, commit),
    }),
  }),
};

/** The use case asks with the report itself, which says who acts. */
const saidToBe = (place: OutcomePlace): string | null => ('actorId' in place ? String(place.actorId) : null);

const outcomeOfAnother: Variant = {
  name: 'outcome-of-another-actor',
  breaks: 'whoever reports on an action is taken for the one whose action it is',
  within: 15,
  ports: (ports) => ({
    ...ports,
    journal: journalWith(ports.journal, {
      outcomeStanding: async (place): Promise<OutcomeStanding> => {
        const { action, stored } = await ports.journal.outcomeStanding(place);
        const actorId = saidToBe(place);
        return { action: action === null || actorId === null ? action : { ...action, actorId }, stored };
      },
    }),
  }),
};

export const VARIANTS_OF_THE_OUTCOMES: readonly Variant[] = [outcomeNotUnique, outcomeOfAnother];
