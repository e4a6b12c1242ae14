import { type SubjectFacts, subjectKeyOfSignal } from '../subject.ts';
import type { MmmSignalInput } from '../../generated/records.ts';

type AboutSignal = SubjectFacts & Pick<MmmSignalInput, 'subject'>;

interface Read {
  readonly signal: AboutSignal;
  /** Of a release: what was put off, by the action id that is continued. */
  readonly originals?: Readonly<Record<string, AboutSignal>>;
}

interface Trace {
  readonly candidates: readonly { readonly action_id: string; readonly continues: string | null }[];
}

/**
 * The subject key of one action, from what is stored of its decision (`read` and `trace` as JSON text). Not always that of the decision's own signal:
 * what is released together was put off by signals of its own, and a no to one item of a digest is no word about the others.
 */
export const subjectOfAction = (
  stored: { readonly read: string; readonly trace: string },
  actionId: string,
): string | null => {
  const { signal, originals } = JSON.parse(stored.read) as Read;
  const { candidates } = JSON.parse(stored.trace) as Trace;
  const continues = candidates.find(({ action_id }) => action_id === actionId)?.continues ?? null;
  return subjectKeyOfSignal((continues === null ? undefined : originals?.[continues]) ?? signal);
};
