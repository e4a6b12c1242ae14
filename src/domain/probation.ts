/** Votes on one version of a playbook, one per action: see sql/probation-votes.sql for what counts. */
export interface PlaybookVotes {
  readonly votes: number;
  readonly notUseful: number;
  /** Different people among the voters. */
  readonly actors: number;
  /** The sum over these people of the share of their own votes that said not useful: somebody who gets it daily counts no more than anybody else. */
  readonly unhappy: number;
}

export interface ProbationVerdict {
  readonly onProbation: boolean;
  /** Lower end of the 95 % interval of the share of people who find it not useful. */
  readonly lowerBound: number;
  readonly why: 'not_useful' | 'useful_enough' | 'too_few_votes' | 'group_too_small';
}

/** Tricorder's rule for code analyses: an analysis that one in ten finds not useful is taken off. */
export const NOT_USEFUL_SHARE = 0.1;
/** Below it one changed mind moves the share by more than five points; the interval alone would already convict at two votes of five. */
export const MIN_VOTES = 20;
/** Fewer people could be told apart by what the owner is shown, and one person's taste would be the rule for all. */
export const MIN_ACTORS = 5;
/** Two-sided 95 %. */
const Z = 1.96;

/** Lower end of the Wilson score interval of `hits` in `all`; 0 of nothing, and of no hits (where rounding would leave a trace of one). Unlike the normal one it is honest about small numbers and about none. */
export const wilsonLowerBound = (hits: number, all: number): number => {
  if (hits === 0) return 0;
  const share = hits / all;
  const z2 = Z * Z;
  const centre = share + z2 / (2 * all);
  const half = Z * Math.sqrt((share * (1 - share)) / all + z2 / (4 * all * all));
  return Math.max(0, (centre - half) / (1 + z2 / all));
};

/**
 * Whether this version goes on probation: decided and recorded, never sent. Judged by people, not by votes: votes of one person say one thing, and an
 * interval over them would be as narrow as if they were many. The doubt is the playbook's: only a share surely that high convicts it.
 */
export const probationVerdict = ({ votes, actors, unhappy }: Omit<PlaybookVotes, 'notUseful'>): ProbationVerdict => {
  const lowerBound = wilsonLowerBound(unhappy, actors);
  const spared = (why: ProbationVerdict['why']): ProbationVerdict => ({ onProbation: false, lowerBound, why });
  if (votes < MIN_VOTES) return spared('too_few_votes');
  if (actors < MIN_ACTORS) return spared('group_too_small');
  return lowerBound >= NOT_USEFUL_SHARE
    ? { onProbation: true, lowerBound, why: 'not_useful' }
    : spared('useful_enough');
};
