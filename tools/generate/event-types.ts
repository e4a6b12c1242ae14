import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { isObject } from './json-value.ts';
import type { JsonObject } from './json-value.ts';
import { HEADER } from './outputs.ts';
import type { Output } from './outputs.ts';

const PAYLOAD_TYPES = new Set(['string', 'number', 'boolean']);

/** One event type with the payload keys of its source's `common` and its own. */
export type EventTypeSpec = {
  readonly name: string;
  readonly source: string;
  readonly about: string;
  readonly payload: Readonly<Record<string, string>>;
};

/**
 * Reads `schemas/event-types.yaml`.
 * @throws Error that lists every fault.
 */
export function loadEventTypes(root: string): readonly EventTypeSpec[] {
  return parseEventTypes(readFileSync(join(root, 'schemas/event-types.yaml'), 'utf8'));
}

/** As `loadEventTypes`, from text. */
export function parseEventTypes(text: string): readonly EventTypeSpec[] {
  const faults: string[] = [];
  const file: unknown = parse(text);
  const specs: EventTypeSpec[] = [];
  for (const [source, family] of Object.entries(isObject(file) ? file : {})) {
    if (!isObject(family) || !isObject(family['types'])) {
      faults.push(`${source}: needs types`);
      continue;
    }
    const common = payloadOf(family['common'], `${source}.common`, faults);
    for (const [name, type] of Object.entries(family['types'])) {
      const fields: JsonObject = isObject(type) ? type : {};
      const own = payloadOf(fields['payload'], `${source}.${name}.payload`, faults);
      const about = fields['about'];
      if (typeof about !== 'string') faults.push(`${source}.${name}.about: needs a text`);
      if (name !== name.toLowerCase()) faults.push(`${source}.${name}: event types are lower case`);
      if (specs.some((spec) => spec.name === name)) faults.push(`${source}.${name}: listed twice`);
      specs.push({ name, source, about: String(about), payload: { ...common, ...own } });
    }
  }
  if (specs.length === 0) faults.push('no event types');
  if (faults.length > 0)
    throw new Error(`schemas/event-types.yaml:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  return specs;
}

/** src/generated/event-types.ts */
export function eventTypesOutput(specs: readonly EventTypeSpec[]): Output {
  const rows = specs.map(
    ({ name, source, about, payload }) => `'${name}': ${JSON.stringify({ source, about, payload })}`,
  );
  return {
    path: 'src/generated/event-types.ts',
    text: [
      HEADER.replace('topics.yaml and schemas/', 'schemas/event-types.yaml'),
      "export type PayloadType = 'string' | 'number' | 'boolean';",
      'export type EventTypeDefinition = { readonly source: string; readonly about: string; readonly payload: Readonly<Record<string, PayloadType>> };',
      '/** By event type; a tenant may add its own. */',
      `export const EVENT_TYPES: Readonly<Record<string, EventTypeDefinition>> = { ${rows.join(', ')} };`,
    ].join('\n\n'),
  };
}

function payloadOf(value: unknown, where: string, faults: string[]): Readonly<Record<string, string>> {
  if (!isObject(value)) {
    faults.push(`${where}: needs an object of key: type`);
    return {};
  }
  const payload: Record<string, string> = {};
  for (const [key, type] of Object.entries(value)) {
    if (typeof type === 'string' && PAYLOAD_TYPES.has(type)) payload[key] = type;
    else faults.push(`${where}.${key}: string, number or boolean, found ${JSON.stringify(type)}`);
  }
  return payload;
}
