import { severityRank, TIERS } from '../vocabulary.ts';
import type { CandidateFacts } from './candidate-facts.ts';

/** The highest severity that a fitting trigger of the playbook itself asks for: the more specific playbook speaks first. */
const askedSeverity = ({ triggers }: CandidateFacts): number =>
  triggers.reduce((rank, { minSeverity }) => Math.max(rank, minSeverity === null ? 0 : severityRank(minSeverity)), 0);

interface Ranked {
  readonly candidate: CandidateFacts;
  readonly keys: readonly number[];
}

const ranked = (candidate: CandidateFacts): Ranked => {
  const { decision, playbook } = candidate;
  const sent = decision.earlier().playbooks.get(playbook.id);
  return {
    candidate,
    keys: [TIERS.indexOf(playbook.tier), -askedSeverity(candidate), sent?.day ?? 0, sent?.lastMs ?? -Infinity],
  };
};

const compare = (a: Ranked, b: Ranked): number => {
  for (const [at, key] of a.keys.entries()) {
    const other = b.keys[at]!;
    if (key !== other) return key < other ? -1 : 1;
  }
  const [idA, idB] = [a.candidate.playbook.id, b.candidate.playbook.id];
  // By code unit, never by locale: the order must be the same everywhere and for ever (G3, D-65).
  return idA < idB ? -1 : idA > idB ? 1 : a.candidate.index - b.candidate.index;
};

/**
 * Most important first (R-44): tier as the tenant's explicit priority, the severity its trigger asks for, least frequent today, longest not seen,
 * then playbook id and action order. The signal's own severity is the same for all, and other signals' severity boosts nothing (D-64).
 */
export const rankCandidates = (candidates: readonly CandidateFacts[]): readonly CandidateFacts[] =>
  candidates.length < 2
    ? candidates
    : candidates
        .map(ranked)
        .sort(compare)
        .map(({ candidate }) => candidate);
