import type { MmmEvidenceLink } from '../../generated/records.ts';
import type { CandidateFacts } from './candidate-facts.ts';

const HTTPS = /^https:\/\/[^\s<>"']{1,500}$/;

/** Where the reader can check what is claimed: the producer's own page if the signal has one, else our record of the decision. Never invented. */
export const evidenceLinksOf = (candidate: CandidateFacts, decisionId: string): readonly MmmEvidenceLink[] => {
  const { signal } = candidate.decision;
  const ours = `/v1/mmm/decisions/${decisionId}`;
  const wanted = candidate.compiled.action.rationale?.evidence ?? ['signal'];
  return wanted.map((kind): MmmEvidenceLink => {
    if (kind === 'recent') return { type: 'recent', href: ours, label: `earlier ${signal.event_type} signals` };
    const page = signal.payload['url'] ?? signal.payload['html_url'];
    return {
      type: 'signal',
      href: typeof page === 'string' && HTTPS.test(page) ? page : ours,
      label: `${signal.event_type} at ${signal.occurred_at}`,
    };
  });
};
