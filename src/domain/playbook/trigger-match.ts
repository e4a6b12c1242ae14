import type { MmmSignalInput } from '../../generated/records.ts';
import { severityRank } from '../vocabulary.ts';
import { compileGlob } from './glob.ts';
import type { Trigger } from './model.ts';

export const matchesEventType = (pattern: string, eventType: string): boolean =>
  pattern.endsWith('*') ? eventType.startsWith(pattern.slice(0, -1)) : eventType === pattern;

/** True if the event itself fits: type, source, severity, repository. Who acted is the consent-and-role gate's question (design 3.7). */
export const triggerMatches = (trigger: Trigger, signal: MmmSignalInput): boolean =>
  matchesEventType(trigger.eventType, signal.event_type) &&
  (trigger.sources === null || trigger.sources.includes(signal.source)) &&
  (trigger.minSeverity === null || severityRank(signal.severity) >= severityRank(trigger.minSeverity)) &&
  (trigger.repos === null || matchesRepo(trigger.repos, signal.repo_id));

const matchesRepo = (globs: readonly string[], repo: string | null): boolean =>
  repo !== null && globs.some((glob) => compileGlob(glob).matches(repo));
