import type { MmmCandidate, MmmDecision } from '../../generated/records.ts';

/** A nudge as its receiver would have seen it. */
export interface ShownNudge {
  readonly atMs: number;
  /** The receiver's zone at that time, +HH:MM. */
  readonly zone: string;
  readonly playbookId: string;
  readonly type: string;
  readonly surfaces: readonly string[];
  readonly title: string;
  /** Without the reason, which cards of some types repeat below it. */
  readonly body: string;
  readonly why: string;
  /** The file, else the commit, else the repository. */
  readonly about: string;
  readonly commit: string | null;
}

interface AboutSignal {
  readonly commit: string | null;
  readonly file_path: string | null;
  readonly repo_id: string | null;
}

/** What was read for a decision, as far as it is shown. */
interface Read {
  readonly signal: AboutSignal;
  /** Of a release: what was put off, by the action id that is continued. */
  readonly originals?: Readonly<Record<string, AboutSignal>>;
}

export const isSaid = ({ disposition }: Pick<MmmCandidate, 'disposition'>): boolean =>
  disposition === 'delivered' || disposition === 'digested';

/** Changes a card that is there, without a sound. */
export const isRevision = (candidate: Pick<MmmCandidate, 'disposition' | 'reason_code'>): boolean =>
  isSaid(candidate) && candidate.reason_code === 'revised';

/** The actions of a decision that make themselves heard, on their first surface. `read` is the stored JSON of what the decision read. */
export const shownBy = (decision: MmmDecision, read: string, zone: string): ShownNudge[] => {
  const { signal: own, originals } = JSON.parse(read) as Read;
  const said = decision.candidates.filter(isSaid);
  return decision.actions.flatMap((action, index): ShownNudge[] => {
    const candidate = said[index];
    if (candidate === undefined || isRevision(candidate)) return [];
    const signal = originals?.[candidate.continues ?? ''] ?? own;
    const content = action.payload[action.surfaces[0] ?? 'ide'];
    const why = action.rationale.why_relevant === '' ? action.rationale.summary : action.rationale.why_relevant;
    const nudge = {
      atMs: Date.parse(decision.decided_at),
      zone,
      playbookId: candidate.playbook_id,
      type: action.type,
      surfaces: action.surfaces,
      title: content?.title ?? '',
      body: withoutReason(content?.body ?? '', why),
      why,
      about: signal.file_path ?? signal.commit ?? signal.repo_id ?? '',
      commit: signal.commit,
    };
    return [nudge];
  });
};

/** Advice and offers end with `Why: ...` on their card; here the reason of every type has a line of its own. */
const withoutReason = (body: string, why: string): string => {
  const end = `\n\nWhy: ${why}`;
  return body.endsWith(end) ? body.slice(0, -end.length) : body;
};
