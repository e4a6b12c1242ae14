/** What resolving looks at, of a card or of a candidate that waits. */
export interface About {
  /** Type of the event that it came from. */
  readonly eventType: string;
  readonly subject: string | null;
  readonly repo: string | null;
  readonly branch: string | null;
}

interface Resolution {
  /** The same subject; or also another one on the same branch of the same repository: the build that passes is not the build that failed. */
  readonly where: 'subject' | 'subject or branch';
  /** Only what came from an event whose type begins so; null: whatever was said about the subject. */
  readonly of: readonly string[] | null;
}

/**
 * Which event types end the matter of earlier ones (interface 2a, schemas/event-types.yaml). A mitigated incident is not over, and an ended release
 * answers only its own failure. What is not in the table resolves nothing.
 */
export const RESOLUTIONS: Readonly<Record<string, Resolution>> = {
  pr_merged: { where: 'subject', of: null },
  pr_closed: { where: 'subject', of: null },
  build_succeeded: { where: 'subject or branch', of: ['build_failed'] },
  test_passed: { where: 'subject or branch', of: ['test_failed', 'test_flaky_detected'] },
  'release.succeeded': { where: 'subject', of: ['release.failed', 'release.rolled_back'] },
  'incident.resolved': { where: 'subject', of: null },
  'detection.pass': { where: 'subject or branch', of: ['detection.'] },
};

/** Only what stands in the table: an event type is a producer's word, and `constructor` is a member of every object. */
const resolutionBy = (eventType: string): Resolution | undefined =>
  Object.hasOwn(RESOLUTIONS, eventType) ? RESOLUTIONS[eventType] : undefined;

/** May an event of this type end anything at all? */
export const endsMatters = (eventType: string): boolean => resolutionBy(eventType) !== undefined;

/** Does an event of this type, about this, end that matter? Both must name a thing: nothing is not the same as nothing. */
export const resolves = (event: About, matter: About): boolean => {
  const resolution = resolutionBy(event.eventType);
  if (resolution === undefined) return false;
  if (resolution.of !== null && !resolution.of.some((begin) => matter.eventType.startsWith(begin))) return false;
  if (event.subject !== null && event.subject === matter.subject) return true;
  if (resolution.where === 'subject') return false;
  return event.repo !== null && event.branch !== null && event.repo === matter.repo && event.branch === matter.branch;
};

/** These happen once: whatever was said about such a thing is over with it. What else can end (a build, a test) may fail again. */
const ENDS_FOR_GOOD: ReadonlySet<unknown> = new Set(['pull_request', 'incident']);

const kindOf = (subject: string): unknown => (JSON.parse(subject) as readonly unknown[])[0];

const namedKeys = (resolver: string, where: Resolution['where'], { subject, repo, branch }: About): string[] => [
  ...(subject === null ? [] : [JSON.stringify([resolver, 'subject', subject])]),
  ...(where === 'subject or branch' && repo !== null && branch !== null
    ? [JSON.stringify([resolver, 'branch', repo, branch])]
    : []),
];

const finalKeys = (subject: string | null): string[] =>
  subject !== null && ENDS_FOR_GOOD.has(kindOf(subject)) ? [JSON.stringify(['any', 'subject', subject])] : [];

/**
 * The words under which an event of anybody finds this matter: it ends it exactly if the two share one of them, so that an index can answer who is
 * concerned. Empty for most matters: nothing that others do ends them. Of the events that end whatever was said about their subject only those of pull
 * requests and incidents reach others: a merge that names no pull request would else end what somebody was told about the branch.
 */
export const matterKeys = (matter: About): readonly string[] => [
  ...finalKeys(matter.subject),
  ...Object.entries(RESOLUTIONS).flatMap(([resolver, { of, where }]) =>
    of?.some((begin) => matter.eventType.startsWith(begin)) === true ? namedKeys(resolver, where, matter) : [],
  ),
];

/** The other side of `matterKeys`. Empty for every event that ends nothing of others. */
export const endedKeys = (event: About): readonly string[] => {
  const resolution = resolutionBy(event.eventType);
  if (resolution === undefined) return [];
  return resolution.of === null ? finalKeys(event.subject) : namedKeys(event.eventType, resolution.where, event);
};

/** May a matter of this kind come up again after it was ended? */
export const canRecur = (eventType: string): boolean =>
  Object.values(RESOLUTIONS).some(({ of }) => of?.some((begin) => eventType.startsWith(begin)) === true);
