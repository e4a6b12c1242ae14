import { probationVerdict } from '../../domain/probation.ts';
import type { ProbationStore, VotedPlaybook } from '../ports/probation-store.ts';

/** Puts on probation what its readers find not useful (design: learning), and answers which versions this call has put there. Any number of processes may do it at once. */
export const judgePlaybooks = async (
  store: Pick<ProbationStore, 'votes' | 'putOnProbation'>,
): Promise<readonly VotedPlaybook[]> => {
  const put: VotedPlaybook[] = [];
  for (const playbook of await store.votes()) {
    const verdict = probationVerdict(playbook);
    if (verdict.onProbation && (await store.putOnProbation(playbook, verdict.lowerBound))) put.push(playbook);
  }
  return put;
};
