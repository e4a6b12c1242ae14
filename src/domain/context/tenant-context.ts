import { type Severity, severityRank } from '../vocabulary.ts';
import type { ContextEvent } from './context-event.ts';

/** What is wrong in a tenant, or was said to be: the fold over its context events. Immutable, shared by all its decisions for some seconds. */
export interface TenantContext {
  /** Open ones, newest word first. */
  readonly incidents: readonly OpenCause[];
  /** Repositories whose last release of a service failed, newest first. */
  readonly failedReleases: readonly OpenCause[];
}

export interface OpenCause {
  readonly id: string;
  /** Null: the whole tenant's. */
  readonly repo: string | null;
  readonly severity: Severity;
  /** Of the newest word about it. */
  readonly lastMs: number;
}

export interface DatedEvent {
  readonly atMs: number;
  readonly event: ContextEvent;
}

export const EMPTY_CONTEXT: TenantContext = { incidents: [], failedReleases: [] };

const worse = (a: Severity, b: Severity): Severity => (severityRank(a) >= severityRank(b) ? a : b);

const keyOf = ({ kind, id, repo }: ContextEvent): string =>
  // Of an incident not every event names the repository; of a release the same service may be released from two.
  JSON.stringify(kind === 'incident' ? [kind, id] : [kind, id, repo]);

/**
 * The last word of each incident and release by event time; of two at one time the one that ends it. A repository that any event of an incident
 * named stays its repository, and the highest severity that was said stays its severity: a later event that leaves them out takes nothing back.
 */
export const foldContext = (events: readonly DatedEvent[]): TenantContext => {
  const latest = new Map<string, { readonly event: ContextEvent; readonly cause: OpenCause }>();
  const ordered = [...events].sort((a, b) => a.atMs - b.atMs || Number(b.event.open) - Number(a.event.open));
  for (const { atMs, event } of ordered) {
    const before = latest.get(keyOf(event))?.cause;
    const cause = {
      id: event.id,
      repo: event.repo ?? before?.repo ?? null,
      severity: before === undefined ? event.severity : worse(before.severity, event.severity),
      lastMs: atMs,
    };
    latest.set(keyOf(event), { event, cause });
  }
  const openOf = (kind: ContextEvent['kind']): OpenCause[] =>
    [...latest.values()]
      .filter(({ event }) => event.kind === kind && event.open)
      .map(({ cause }) => cause)
      .sort((a, b) => b.lastMs - a.lastMs || (a.id < b.id ? -1 : 1));
  return { incidents: openOf('incident'), failedReleases: openOf('release') };
};
