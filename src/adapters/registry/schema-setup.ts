import { AVRO_SCHEMAS } from '../../generated/schemas.ts';
import type { AvroSchemaVersion } from '../../generated/schemas.ts';
import { RegistryRefusal } from './registry-client.ts';
import type { RegistryClient, RegistrySchema } from './registry-client.ts';

export type SchemaStepKind = 'ok' | 'register' | 'set-compatibility' | 'incompatible';

/** What is to be done, or was done, for one version of one subject. */
export interface SchemaStep {
  readonly kind: SchemaStepKind;
  readonly subject: string;
  readonly version: number;
  /** For people: why it is not ok. */
  readonly detail: string;
}

const RULE = 'BACKWARD';

/**
 * Compares the registry with schemas/, and with `apply` brings it there: every released version in order, and rule BACKWARD on each
 * subject. Doing it twice changes nothing. A schema that the registry refuses is answered as `incompatible`, and the others go on.
 * @throws MmmError REGISTRY_UNAVAILABLE.
 */
export async function setUpSchemas(
  client: RegistryClient,
  namespace: string,
  options: { readonly apply: boolean; readonly schemas?: readonly AvroSchemaVersion[] },
): Promise<readonly SchemaStep[]> {
  const steps: SchemaStep[] = [];
  const schemas = options.schemas ?? AVRO_SCHEMAS;
  for (const subject of new Set(schemas.map((schema) => schema.subject))) {
    const versions = schemas.filter((schema) => schema.subject === subject).sort((a, b) => a.version - b.version);
    steps.push(...(await setUpSubject(client, namespace + subject, versions, options.apply)));
  }
  return steps;
}

async function setUpSubject(
  client: RegistryClient,
  subject: string,
  versions: readonly AvroSchemaVersion[],
  apply: boolean,
): Promise<readonly SchemaStep[]> {
  const steps: SchemaStep[] = [];
  const step = (kind: SchemaStepKind, version: number, detail: string): void => {
    steps.push({ kind, subject, version, detail });
  };
  for (const { version, text } of versions) {
    const schema: RegistrySchema = { kind: 'AVRO', text };
    if ((await client.idOf(subject, schema)) !== null) {
      step('ok', version, 'registered');
      continue;
    }
    if ((await client.isCompatible(subject, schema)) === false) {
      step('incompatible', version, 'the registered version could not be read with it');
      break;
    }
    try {
      if (apply) await client.register(subject, schema);
      step('register', version, 'not registered');
    } catch (error) {
      if (!(error instanceof RegistryRefusal)) throw error;
      step('incompatible', version, error.reason);
      break;
    }
  }
  // After the first version: some registries take no rule for a subject that does not exist.
  const rule = await client.compatibilityOf(subject);
  if (rule !== RULE && !steps.some((done) => done.kind === 'incompatible')) {
    if (apply) await client.setCompatibility(subject, RULE);
    step('set-compatibility', versions.at(-1)?.version ?? 0, `${rule ?? 'none'} -> ${RULE}`);
  }
  return steps;
}
