import type { MmmSignalInput } from '../../generated/records.ts';
import type { ContextCause, ContextFacts } from '../decision/planned.ts';
import { DAY_MS } from '../time/zones.ts';
import { type Severity, severityRank } from '../vocabulary.ts';
import type { OpenCause, TenantContext } from './tenant-context.ts';

/** Nobody has said a word about it for a week: forgotten rather than going on. A lost `resolved` would else mute the tenant for a month. */
export const INCIDENT_STALE_MS = 7 * DAY_MS;
/** A failed release that nothing followed within a day was undone by hand. */
export const RELEASE_STALE_MS = DAY_MS;

/** An incident of a repository concerns that repository; one without, the whole tenant. */
const concerns = ({ repo }: OpenCause, signal: MmmSignalInput): boolean => repo === null || repo === signal.repo_id;

/** What of the tenant's context concerns this signal now. Pure: a context that was read half a minute ago ages by `nowMs`. */
export const contextFactsOf = (
  context: TenantContext,
  signal: MmmSignalInput,
  incidentMinSeverity: Severity,
  nowMs: number,
): ContextFacts => {
  const incident = context.incidents.find(
    (one) =>
      concerns(one, signal) &&
      nowMs - one.lastMs < INCIDENT_STALE_MS &&
      severityRank(one.severity) >= severityRank(incidentMinSeverity),
  );
  const release = context.failedReleases.find(
    (one) => one.repo === signal.repo_id && nowMs - one.lastMs < RELEASE_STALE_MS,
  );
  const causes: ContextCause[] = [];
  if (incident !== undefined) causes.push({ kind: 'incident', id: incident.id, repo: incident.repo });
  if (release !== undefined) causes.push({ kind: 'failed_release', id: release.id, repo: release.repo });
  return {
    incidentActive: incident !== undefined,
    freezeActive: false,
    onCall: false,
    releaseFailed: release !== undefined,
    causes,
  };
};
