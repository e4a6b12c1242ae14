import type { NotUsefulAction, ProbationOnFile, ProbationStore } from '../ports/probation-store.ts';

export interface ProbationExample {
  readonly action_type: string;
  readonly title: string;
  readonly reason: string;
}

/** What the owner of a playbook is told: counts and what was said, never by whom, to whom or when. */
export interface ProbationReport {
  readonly playbook_id: string;
  readonly version: number;
  readonly owner: string;
  readonly since: string;
  readonly published: boolean;
  readonly votes: number;
  readonly not_useful: number;
  readonly actors: number;
  readonly lower_bound: number;
  readonly examples: readonly ProbationExample[];
}

const EXAMPLES = 5;
/** Enough to have five different ones left when the same is said over and over. */
const READ_FOR_EXAMPLES = 50;

/** A reason of a client's list. What somebody typed may name people, and is for nobody's eyes but the engine's. */
const WORD = /^[a-z][a-z0-9_-]{0,63}$/;
const MAIL_OR_HANDLE = /[\w.+-]*@[\w.-]+/g;
const SOMEBODY = '(somebody)';

/** The title without the person it was for, wherever a template or a branch name has put them, and without addresses and handles of others. */
const withoutPersons = (title: string, actorId: string): string => {
  const id = actorId.trim().replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const named = id === '' ? title : title.replace(new RegExp(id, 'giu'), SOMEBODY);
  return named.replace(MAIL_OR_HANDLE, SOMEBODY);
};

const exampleOf = ({ actionType, title, reason, actorId }: NotUsefulAction): ProbationExample => ({
  action_type: actionType,
  title: withoutPersons(title, actorId),
  reason: WORD.test(reason) ? reason : '(own words)',
});

const isOf =
  ({ playbookId, version }: ProbationOnFile) =>
  (action: NotUsefulAction): boolean =>
    action.playbookId === playbookId && action.version === version;

/** In the order of their text: that of time would tell who it was to whoever knows when. */
const examplesOf = (actions: readonly NotUsefulAction[]): readonly ProbationExample[] => {
  const byText = new Map(actions.map(exampleOf).map((example) => [JSON.stringify(example), example]));
  return [...byText]
    .slice(0, EXAMPLES)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, example]) => example);
};

/** The tenant's playbooks on probation, with examples. */
export const probationReport = async (
  store: Pick<ProbationStore, 'onProbation' | 'notUseful'>,
  tenantId: string,
): Promise<readonly ProbationReport[]> => {
  const found = await store.onProbation(tenantId);
  const actions = found.length === 0 ? [] : await store.notUseful(tenantId, READ_FOR_EXAMPLES);
  return found.map((one) => ({
    playbook_id: one.playbookId,
    version: one.version,
    owner: one.owner,
    since: new Date(one.sinceMs).toISOString(),
    published: one.published,
    votes: one.votes,
    not_useful: one.notUseful,
    actors: one.actors,
    lower_bound: one.lowerBound,
    examples: examplesOf(actions.filter(isOf(one))),
  }));
};
