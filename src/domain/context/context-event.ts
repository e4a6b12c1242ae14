import type { MmmSignalInput } from '../../generated/records.ts';
import type { Severity } from '../vocabulary.ts';

/**
 * What a signal says of its tenant's surroundings, kept with its journal entry: the engine knows of incidents and failed releases from what it has
 * journalled itself, and asks nobody (R-18 has no interface to ask, contracts 12).
 */
export interface ContextEvent {
  /** Of the incident; of a release the service and environment, which a later release of the same follows. */
  readonly id: string;
  readonly kind: 'incident' | 'release';
  readonly open: boolean;
  readonly repo: string | null;
  readonly severity: Severity;
}

/** Everything else that is said of an incident (acknowledged, snoozed, a word of tomorrow) leaves it open: only these end it (G6). */
const INCIDENT_OVER: ReadonlySet<string> = new Set(['incident.mitigated', 'incident.resolved']);

const incidentOf = (signal: MmmSignalInput): ContextEvent | null => {
  const id = signal.subject?.incident_id ?? signal.payload['incident_id'];
  if (typeof id !== 'string' || id === '') return null;
  // An alert that belongs to no incident stands for itself (normalise/incident.ts). It is not an incident: our own alert deliveries come back as
  // alerts, and each nudge of that kind would else mute the whole tenant.
  if (signal.payload['alert_id'] === id) return null;
  const open = !INCIDENT_OVER.has(signal.event_type);
  return { id, kind: 'incident', open, repo: signal.repo_id, severity: signal.severity };
};

const RELEASE_OPEN: Readonly<Record<string, boolean>> = {
  'release.failed': true,
  'release.succeeded': false,
  'release.rolled_back': false,
};

const releaseOf = (signal: MmmSignalInput): ContextEvent | null => {
  const open = RELEASE_OPEN[signal.event_type];
  // Without a repository there is nothing whose effects could be told.
  if (open === undefined || signal.repo_id === null) return null;
  const service = signal.payload['service'];
  const id = JSON.stringify([typeof service === 'string' ? service : null, signal.environment]);
  return { id, kind: 'release', open, repo: signal.repo_id, severity: signal.severity };
};

/** Null for nearly all signals. A failed build is none: it is of one branch, and on any busy repository some branch is always broken. */
export const contextEventOf = (signal: MmmSignalInput): ContextEvent | null => {
  if (signal.event_type.startsWith('incident.')) return incidentOf(signal);
  return signal.event_type.startsWith('release.') ? releaseOf(signal) : null;
};
