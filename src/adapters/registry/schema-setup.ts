import { planSubject, type SchemaStep, SUBJECT_COMPATIBILITY } from '../../admin/commands/plan-schemas.ts';
import { AVRO_SCHEMAS } from '../../generated/schemas.ts';
import type { AvroSchemaVersion } from '../../generated/schemas.ts';
import { RegistryRefusal } from './registry-client.ts';
import type { RegistryClient, RegistrySchema } from './registry-client.ts';

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
  schemas: readonly AvroSchemaVersion[],
  apply: boolean,
): Promise<readonly SchemaStep[]> {
  const schemaOf = (version: number): RegistrySchema => ({
    kind: 'AVRO',
    text: schemas.find((schema) => schema.version === version)?.text ?? '',
  });
  const versions: { version: number; held: boolean }[] = [];
  for (const { version } of schemas)
    versions.push({ version, held: (await client.idOf(subject, schemaOf(version))) !== null });
  const compatibility = await client.compatibilityOf(subject);
  const done: SchemaStep[] = [];
  for (const step of planSubject({ subject, versions, compatibility })) {
    const refusal = step.kind === 'register' ? await register(client, subject, schemaOf(step.version), apply) : null;
    if (refusal !== null) return [...done, { ...step, kind: 'incompatible', detail: refusal }];
    if (step.kind === 'set-compatibility' && apply) await client.setCompatibility(subject, SUBJECT_COMPATIBILITY);
    done.push(step);
  }
  return done;
}

/** Null when the registry takes it, or would; else why not. */
async function register(
  client: RegistryClient,
  subject: string,
  schema: RegistrySchema,
  apply: boolean,
): Promise<string | null> {
  if ((await client.isCompatible(subject, schema)) === false) return 'the registered version could not be read with it';
  try {
    if (apply) await client.register(subject, schema);
    return null;
  } catch (error) {
    if (!(error instanceof RegistryRefusal)) throw error;
    return error.reason;
  }
}
