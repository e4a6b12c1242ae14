import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import type { Finding } from '../../domain/playbook/finding.ts';
import { JSON_SCHEMAS } from '../../generated/json-schemas.ts';

const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** `/actions/0/template` as `actions[0].template`. */
const pathOf = (pointer: string): string =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((path, part) => (/^\d+$/.test(part) ? `${path}[${part}]` : path === '' ? part : `${path}.${part}`), '');

const remedyOf = (error: ErrorObject): string => {
  const params: Record<string, unknown> = error.params;
  if (error.keyword === 'additionalProperties') return `remove ${String(params['additionalProperty'])}`;
  if (error.keyword === 'required') return `add ${String(params['missingProperty'])}`;
  if (error.keyword === 'enum' && Array.isArray(params['allowedValues']))
    return `use one of ${params['allowedValues'].join(', ')}`;
  return 'see the JSON Schema in schemas/';
};

/** A checker of documents against one of our JSON Schemas for definitions. Compiling takes tens of milliseconds, so it is done at the first use. */
export const schemaChecker = (
  subject: 'playbook' | 'tenants' | 'scenario' | 'experiment',
): ((document: unknown) => readonly Finding[]) => {
  let compiled: ValidateFunction | null = null;
  return (document) => {
    compiled ??= new Ajv2020({
      strict: true,
      strictRequired: false,
      allowUnionTypes: true,
      allErrors: true,
      formats: { 'date-time': DATE_TIME },
    }).compile(JSON.parse(JSON_SCHEMAS[subject].text) as object);
    if (compiled(document)) return [];
    return (
      (compiled.errors ?? [])
        // These only say that a branch of the schema failed; the branch's own error says why.
        .filter((error) => error.keyword !== 'if' && error.keyword !== 'anyOf')
        .map((error) => ({
          path: pathOf(error.instancePath),
          message: error.message ?? error.keyword,
          remedy: remedyOf(error),
        }))
    );
  };
};
