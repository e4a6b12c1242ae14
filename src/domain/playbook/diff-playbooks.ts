import { conditionTerms } from './condition-terms.ts';
import { diffActions } from './diff-actions.ts';
import { durationText } from './duration.ts';
import type { Playbook, Trigger } from './model.ts';
import type { ChangeArea, PlaybookChange } from './playbook-change.ts';

const listed = (label: string, values: readonly string[] | null): string =>
  values === null ? '' : `, ${label} ${[...values].sort().join(' or ')}`;

/** A trigger in words; two triggers that say the same are the same, in whatever order they are written. */
const triggerText = (trigger: Trigger): string =>
  trigger.eventType +
  listed('from', trigger.sources) +
  (trigger.minSeverity === null ? '' : `, severity ${trigger.minSeverity} or above`) +
  listed('by', trigger.actorTypes) +
  listed('with role', trigger.actorRoles) +
  listed('in', trigger.repos);

const setChanges = (
  before: readonly string[],
  after: readonly string[],
  change: (text: string, added: boolean) => PlaybookChange,
): readonly PlaybookChange[] => [
  ...before.filter((text) => !after.includes(text)).map((text) => change(text, false)),
  ...after.filter((text) => !before.includes(text)).map((text) => change(text, true)),
];

const diffTriggers = (before: Playbook, after: Playbook): readonly PlaybookChange[] =>
  setChanges(before.triggers.map(triggerText), after.triggers.map(triggerText), (text, added) => ({
    area: 'trigger',
    path: 'triggers',
    before: added ? null : text,
    after: added ? text : null,
    words: added ? `is now triggered by ${text}` : `is no longer triggered by ${text}`,
  }));

const termsOf = (playbook: Playbook): readonly string[] =>
  playbook.when === null ? [] : conditionTerms(playbook.when);

const diffCondition = (before: Playbook, after: Playbook): readonly PlaybookChange[] =>
  setChanges(termsOf(before), termsOf(after), (term, added) => ({
    area: 'condition',
    path: 'when',
    before: added ? null : term,
    after: added ? term : null,
    words: added ? `now also wants ${term}` : `no longer wants ${term}`,
  }));

interface Named {
  readonly path: string;
  readonly label: string;
  readonly text: string | null;
  /** For saying which way a limit went; null: none, which is the least strict. */
  readonly strictness: number | null;
}

const limitsOf = ({ limits }: Playbook): readonly Named[] => {
  const duration = (path: string, label: string, ms: number | null): Named => ({
    path: `limits.${path}`,
    label,
    text: ms === null ? null : durationText(ms),
    strictness: ms,
  });
  const count = (path: string, label: string, limit: number | null): Named => ({
    path: `limits.${path}`,
    label,
    text: limit === null ? null : String(limit),
    strictness: limit === null ? null : -limit,
  });
  return [
    duration('cooldown', 'least time between two', limits.cooldownMs),
    duration('subject_cooldown', 'least time between two about one subject', limits.subjectCooldownMs),
    duration('subject_rest', 'least time since anything was said about the subject', limits.subjectRestMs),
    count('per_actor_per_day', 'most a day for one person', limits.perActorPerDay),
    count('per_repo_per_day', 'most a day in one repository', limits.perRepoPerDay),
  ];
};

const diffLimits = (before: Playbook, after: Playbook): readonly PlaybookChange[] => {
  const later = limitsOf(after);
  return limitsOf(before).flatMap((one, at) => {
    const other = later[at];
    if (other === undefined || one.text === other.text) return [];
    const stricter = (other.strictness ?? -Infinity) > (one.strictness ?? -Infinity);
    return [
      {
        area: 'limit' as const,
        path: one.path,
        before: one.text,
        after: other.text,
        words: `${one.label}: ${one.text ?? 'none'} -> ${other.text ?? 'none'} (${stricter ? 'fewer' : 'more'} nudges)`,
      },
    ];
  });
};

const MODES: Readonly<Record<Playbook['deferral']['mode'], string>> = {
  defer: 'put off',
  drop: 'dropped',
  by_type: 'dropped if a mirror, else put off',
};

const UNTIL = { none: 'when it comes up', breakpoint: 'between two tasks' } as const;

const plain = (
  area: ChangeArea,
  path: string,
  label: string,
  before: string,
  after: string,
): readonly PlaybookChange[] =>
  before === after ? [] : [{ area, path, before, after, words: `${label}: ${before} -> ${after}` }];

/**
 * What changes for a reader between two versions of a playbook: triggers, terms of the condition, limits and which way they go, deferral, texts per action
 * and surface, consent. White space, the order of fields, of triggers and of terms change nothing. Empty: they decide and say the same.
 */
export const diffPlaybooks = (before: Playbook, after: Playbook): readonly PlaybookChange[] => [
  ...plain('tier', 'tier', 'importance', before.tier, after.tier),
  ...diffTriggers(before, after),
  ...diffCondition(before, after),
  ...diffLimits(before, after),
  ...plain(
    'deferral',
    'deferral.mode',
    'what only time stands against is',
    MODES[before.deferral.mode],
    MODES[after.deferral.mode],
  ),
  ...plain(
    'deferral',
    'deferral.until',
    'said',
    UNTIL[before.deferral.until ?? 'none'],
    UNTIL[after.deferral.until ?? 'none'],
  ),
  ...plain(
    'deferral',
    'deferral.expires_after',
    'a nudge stands or waits for',
    durationText(before.deferral.expiresAfterMs),
    durationText(after.deferral.expiresAfterMs),
  ),
  ...diffActions(before.actions, after.actions),
  ...plain('about', 'name', 'name', before.name, after.name),
  ...plain('about', 'owner', 'owner', before.owner, after.owner),
  ...plain('about', 'description', 'description', before.description, after.description),
];
