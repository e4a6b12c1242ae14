import type { Installation } from '../e2e/support/installation.ts';

/** The registered writer schema of the records of pm3, asked for as any producer does. */
export const pm3Schema = async (
  installation: Installation,
): Promise<{ readonly id: number; readonly text: string }> => {
  const subject = encodeURIComponent(`${installation.topic('pm3.signals.normalized')}-value`);
  const response = await fetch(`${installation.addresses.SCHEMA_REGISTRY_URL}/subjects/${subject}/versions/latest`);
  const { id, schema } = (await response.json()) as { id: number; schema: string };
  return { id, text: schema };
};
