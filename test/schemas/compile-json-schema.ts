import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import { JSON_SCHEMAS } from '../../src/generated/json-schemas.ts';
import type { JsonSubject } from '../../src/generated/json-schemas.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** A validator of one of our JSON Schemas; strict, so that a misspelt keyword is an error. */
export function compileJsonSchema(subject: JsonSubject): ValidateFunction {
  const ajv = new Ajv2020({
    strict: true,
    strictRequired: false,
    allowUnionTypes: true,
    allErrors: true,
    formats: { uuid: UUID, 'date-time': DATE_TIME },
  });
  return ajv.compile(JSON.parse(JSON_SCHEMAS[subject].text) as object);
}
