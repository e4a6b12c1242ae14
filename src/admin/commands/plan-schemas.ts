import { AVRO_SCHEMAS } from '../../generated/schemas.ts';
import type { AvroSchemaVersion } from '../../generated/schemas.ts';
import { TOPICS } from '../../generated/topics.ts';
import type { TopicDefinition } from '../../generated/topics.ts';

/** The rule every subject of ours has in the registry. */
export const SUBJECT_COMPATIBILITY = 'BACKWARD';

/** A subject as it should be: our versions, oldest first. `subject` carries the installation's prefix. */
export interface DesiredSubject {
  readonly subject: string;
  readonly versions: readonly { readonly version: number; readonly text: string }[];
}

/** A subject as the registry has it. A registry may number and format otherwise than we do: the texts are compared by meaning. */
export interface ActualSubject {
  readonly subject: string;
  /** The subject's own rule, null when it has none. */
  readonly compatibility: string | null;
  /** Oldest first. */
  readonly texts: readonly string[];
}

/** What is to be done, or said, about one subject. Only `register` and `set_compatibility` change anything. */
export type SchemaAction =
  | { readonly kind: 'register'; readonly subject: string; readonly version: number; readonly text: string }
  | { readonly kind: 'set_compatibility'; readonly subject: string; readonly from: string | null; readonly to: string }
  | { readonly kind: 'newer_in_registry'; readonly subject: string }
  | { readonly kind: 'keep'; readonly subject: string };

/**
 * The subjects of our own topics that are written in Avro. Inputs are left out: they belong to their producers.
 * @param prefix MMM_NAMESPACE, empty for none
 */
export function desiredSubjects(
  prefix: string,
  topics: readonly TopicDefinition[] = Object.values(TOPICS),
  schemas: readonly AvroSchemaVersion[] = AVRO_SCHEMAS,
): readonly DesiredSubject[] {
  return topics
    .filter((topic) => topic.direction !== 'in' && topic.format === 'avro')
    .map((topic) => ({
      subject: `${prefix}${String(topic.schemaSubject)}`,
      versions: schemas.filter((schema) => schema.subject === topic.schemaSubject),
    }));
}

/**
 * What makes the registry agree with schemas/, subject by subject. Only versions after the highest of ours that the
 * registry holds are registered: an earlier one would become its latest and undo the later.
 */
export function planSchemas(
  desired: readonly DesiredSubject[],
  actual: readonly ActualSubject[],
): readonly SchemaAction[] {
  const bySubject = new Map(actual.map((subject) => [subject.subject, subject]));
  return desired.flatMap((subject) => planOne(subject, bySubject.get(subject.subject)));
}

/** True when carrying out the plan would change something; `schemas check` fails then. */
export const schemasNeedChange = (plan: readonly SchemaAction[]): boolean =>
  plan.some((action) => action.kind === 'register' || action.kind === 'set_compatibility');

function planOne(desired: DesiredSubject, actual: ActualSubject | undefined): readonly SchemaAction[] {
  const { subject } = desired;
  const held = (actual?.texts ?? []).map(sameMeaning);
  const wanted = desired.versions.map((version) => sameMeaning(version.text));
  const highest = wanted.findLastIndex((text) => held.includes(text));
  const actions: SchemaAction[] = desired.versions
    .slice(highest + 1)
    .map(({ version, text }) => ({ kind: 'register', subject, version, text }));
  // The rule comes after the first version: some registries know no rule of a subject that does not exist.
  if (actual?.compatibility !== SUBJECT_COMPATIBILITY) {
    actions.push({
      kind: 'set_compatibility',
      subject,
      from: actual?.compatibility ?? null,
      to: SUBJECT_COMPATIBILITY,
    });
  }
  const last = held.at(-1);
  if (highest === wanted.length - 1 && last !== undefined && last !== wanted.at(-1)) {
    actions.push({ kind: 'newer_in_registry', subject });
  }
  return actions.length > 0 ? actions : [{ kind: 'keep', subject }];
}

/** Key order and white space do not count. */
function sameMeaning(text: string): string {
  return JSON.stringify(JSON.parse(text), (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
