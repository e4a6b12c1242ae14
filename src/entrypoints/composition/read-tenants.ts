import { createCelCompiler } from '../../adapters/cel/cel-compiler.ts';
import { readTenantsFile, type TenantsFile } from '../../adapters/files/tenants-file.ts';
import { compileInhibitions } from '../../domain/inhibition.ts';

/**
 * A tenants file with the conditions of its inhibitions compiled too: a policy whose inhibition does not compile gives no rules at all, so it is refused
 * here, where somebody reads why, and not found out by a tenant that falls silent. Throws USAGE when the path can not be read.
 */
export const readTenants = async (file: string): Promise<TenantsFile> => {
  const read = await readTenantsFile(file);
  if (!read.ok) return read;
  const conditions = createCelCompiler();
  const findings = read.tenants.flatMap(({ policy }, at) =>
    compileInhibitions(policy.inhibitions, conditions).findings.map((one) => ({
      ...one,
      path: `tenants[${at}].${one.path}`,
    })),
  );
  return findings.length === 0 ? read : { ok: false, findings };
};
