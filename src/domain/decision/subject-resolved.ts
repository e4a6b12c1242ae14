import type { MmmSignalInput } from '../../generated/records.ts';
import { CARD_LIFE_MAX_MS } from '../card.ts';
import { type IdPort, idFrom } from '../ids.ts';
import { type About, endedKeys, endsMatters, matterKeys } from '../resolution.ts';
import { subjectKeyOfSignal, subjectOfKey } from '../subject.ts';
import type { Plan } from './planned.ts';

/**
 * Somebody else ended what this actor was told, or was promised to be told, something about: a reviewer merged the pull request, a later build passed.
 * State and journal are one actor's, so nobody's decision may look into another's. The event is told to those who hold something open about its
 * subject instead, as a signal of the engine's own, and each of them is decided by its own state.
 */
export const SUBJECT_RESOLVED = 'mmm.subject_resolved';

/** As for a release: only the engine itself has this source. */
export const isSubjectResolved = ({ source, event_type }: Pick<MmmSignalInput, 'source' | 'event_type'>): boolean =>
  source === 'mmm' && event_type === SUBJECT_RESOLVED;

/** An event that ends matters of others. */
export interface Ending extends About {
  readonly signalId: string;
  readonly atMs: number;
}

const aboutEvent = (signal: MmmSignalInput): About => ({
  eventType: signal.event_type,
  subject: subjectKeyOfSignal(signal),
  repo: signal.repo_id,
  branch: signal.branch,
});

/** Something that an actor has in front of them or that waits for them, as far as somebody else may end it. */
export interface OpenMatter {
  /** As `matterKeys` has it. */
  readonly key: string;
  /** Event time: what happened before does not end it. */
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** What this plan opens that others may end; empty for nearly all. A card lives for its time at most, however often it is revised. */
export const openedBy = (plan: Plan, decidedAtMs: number): readonly OpenMatter[] => [
  ...plan.actions.flatMap(({ about }) =>
    matterKeys(aboutEvent(about)).map((key) => ({
      key,
      sinceMs: Date.parse(about.occurred_at),
      untilMs: decidedAtMs + CARD_LIFE_MAX_MS,
    })),
  ),
  ...(plan.upkeep?.deferred ?? []).flatMap(({ waiting }) =>
    matterKeys(waiting).map((key) => ({ key, sinceMs: waiting.occurredMs, untilMs: waiting.expiresMs })),
  ),
];

/** What a signal says has happened. Of a resolved subject: the event that resolved it. */
export const aboutOfSignal = (signal: MmmSignalInput): About => ({
  ...aboutEvent(signal),
  eventType: toldTypeOf(signal),
});

const toldTypeOf = (signal: MmmSignalInput): string => {
  const { ended_by } = signal.payload;
  return isSubjectResolved(signal) && typeof ended_by === 'string' ? ended_by : signal.event_type;
};

/** The same, or null for an event that ends nothing, which is nearly every one: then nobody needs to know what it is about. */
export const endingAboutOf = (signal: MmmSignalInput): About | null =>
  endsMatters(toldTypeOf(signal)) ? aboutOfSignal(signal) : null;

/** Null for nearly all signals. Of whoever it is, also of nobody and of services: most builds are theirs. */
export const endingOf = (signal: MmmSignalInput): Ending | null => {
  if (!endsMatters(signal.event_type)) return null;
  const about = aboutEvent(signal);
  if (endedKeys(about).length === 0) return null;
  return { ...about, signalId: signal.signal_id, atMs: Date.parse(signal.occurred_at) };
};

/**
 * For one who holds something open about it. The same event and holder give the same signal. It says what has ended and nothing of who ended it: what
 * others do is theirs.
 */
export const subjectResolvedSignal = (
  ids: IdPort,
  { signalId, atMs, eventType, subject, repo, branch }: Ending,
  holder: { readonly tenantId: string; readonly actorId: string; readonly actorType: MmmSignalInput['actor_type'] },
): MmmSignalInput => {
  const at = new Date(atMs).toISOString();
  return {
    signal_id: idFrom(ids, 'signal', [SUBJECT_RESOLVED, holder.tenantId, signalId, holder.actorId]),
    source_signal_id: null,
    tenant_id: holder.tenantId,
    actor_id: holder.actorId,
    actor_type: holder.actorType,
    source: 'mmm',
    event_type: SUBJECT_RESOLVED,
    severity: 'info',
    occurred_at: at,
    received_at: at,
    repo_id: repo,
    branch,
    commit: null,
    file_path: null,
    environment: null,
    plane: null,
    evaluation_point: null,
    subject: subject === null ? null : subjectOfKey(subject),
    surface_hint: null,
    payload: { ended_by: eventType },
    trace_parent: null,
    origin: { topic: 'mmm.endings', partition: -1, offset: '-1' },
  };
};
