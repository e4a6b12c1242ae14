import type { EventTypeDefinition, PayloadType } from '../generated/event-types.ts';
import type { EventTypes } from './playbook/event-types.ts';
import { FieldReader } from './playbook/field-reader.ts';
import type { Finding } from './playbook/finding.ts';

export type ParsedEventTypes =
  { readonly ok: true; readonly types: EventTypes } | { readonly ok: false; readonly findings: readonly Finding[] };

const PAYLOAD_TYPES: readonly PayloadType[] = ['string', 'number', 'boolean'];
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const definitionOf = (value: unknown, path: string, findings: Finding[]): EventTypeDefinition => {
  const fields = new FieldReader(value, path, ['about', 'payload'], findings);
  const written = fields.raw('payload');
  const names = isRecord(written) ? Object.keys(written) : [];
  if (written !== undefined && !isRecord(written)) fields.fault('payload', 'is not an object', 'write key: type');
  const payload = isRecord(written) ? fields.object('payload', names) : null;
  const types = names.flatMap((name): [string, PayloadType][] => {
    const type = payload?.oneOf(name, PAYLOAD_TYPES) ?? null;
    return type === null ? [] : [[name, type]];
  });
  return { source: 'tenant', about: fields.optionalText('about', 200) ?? '', payload: Object.fromEntries(types) };
};

/**
 * The event types a tenant declares for its own sources in the tenants file (interface 2a). Nothing at run time needs them: a signal of an unknown
 * type is decided like any other. They tell the lint which types and payload keys are no slips of the pen.
 */
export const tenantEventTypesFrom = (tenant: unknown): ParsedEventTypes => {
  const written = isRecord(tenant) ? tenant['event_types'] : undefined;
  if (written === undefined) return { ok: true, types: {} };
  if (!isRecord(written))
    return {
      ok: false,
      findings: [{ path: 'event_types', message: 'is not an object', remedy: 'write name: { payload }' }],
    };
  const findings: Finding[] = [];
  const types: Record<string, EventTypeDefinition> = {};
  for (const [name, value] of Object.entries(written)) {
    if (!/^[^*A-Z]{1,128}$/.test(name))
      findings.push({
        path: `event_types.${name}`,
        message: 'is not an event type',
        remedy: 'write it in lower case, without *',
      });
    types[name] = definitionOf(value, `event_types.${name}`, findings);
  }
  return findings.length === 0 ? { ok: true, types } : { ok: false, findings };
};

/** All that a tenant's signals can carry: of a type in both, the keys of both. */
export const withTenantTypes = (known: EventTypes, own: EventTypes): EventTypes => ({
  ...known,
  ...Object.fromEntries(
    Object.entries(own).map(([name, definition]) => {
      const before = Object.hasOwn(known, name) ? known[name] : undefined;
      return [
        name,
        before === undefined ? definition : { ...before, payload: { ...before.payload, ...definition.payload } },
      ];
    }),
  ),
});
