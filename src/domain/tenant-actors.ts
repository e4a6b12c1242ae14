import type { ActorProfile } from './actor-state.ts';
import { FieldReader } from './playbook/field-reader.ts';
import type { Finding } from './playbook/finding.ts';
import { zoneNamed } from './time/zones.ts';
import { SURFACES } from './vocabulary.ts';

export interface TenantActor {
  readonly id: string;
  readonly profile: ActorProfile;
}

export type ParsedActors =
  | { readonly ok: true; readonly actors: readonly TenantActor[] }
  | { readonly ok: false; readonly findings: readonly Finding[] };

const momentOf = (fields: FieldReader | null, key: string): number | null => {
  const value = fields?.raw(key);
  if (fields === null || value === undefined || value === null) return null;
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (Number.isFinite(ms)) return ms;
  fields.fault(key, 'is not a date-time', 'write an RFC 3339 date-time or null');
  return null;
};

const actorOf = (value: unknown, path: string, findings: Finding[]): TenantActor => {
  const actor = new FieldReader(value, path, ['id', 'roles', 'time_zone', 'preferences'], findings);
  const timeZone = actor.optionalText('time_zone', 64);
  if (timeZone !== null && zoneNamed(timeZone) === null) {
    actor.fault('time_zone', 'is not a time zone', 'write an IANA name or +HH:MM');
  }
  const preferences = actor.object('preferences', ['opt_out_categories', 'preferred_surfaces', 'snooze_until']);
  return {
    id: actor.text('id', 255),
    profile: {
      roles: actor.textList('roles', 128, true) ?? [],
      timeZone,
      preferences: {
        optOutCategories: preferences?.textList('opt_out_categories', 128, true) ?? [],
        preferredSurfaces: preferences?.wordList('preferred_surfaces', SURFACES, true) ?? null,
        snoozeUntilMs: momentOf(preferences, 'snooze_until'),
      },
    },
  };
};

/** The actors named in a tenant's entry of the tenants file (interface 5a): roles, zone and preferences as the state keeps them. */
export const tenantActorsFrom = (tenant: unknown): ParsedActors => {
  const findings: Finding[] = [];
  const list: unknown = typeof tenant === 'object' && tenant !== null && 'actors' in tenant ? tenant.actors : [];
  if (!Array.isArray(list))
    return { ok: false, findings: [{ path: 'actors', message: 'is not a list', remedy: 'write a list' }] };
  const actors = list.map((value: unknown, at) => actorOf(value, `actors[${at}]`, findings));
  actors.forEach((actor, at) => {
    if (actors.findIndex((other) => other.id === actor.id) === at) return;
    findings.push({ path: `actors[${at}].id`, message: 'is there twice', remedy: 'name each actor once' });
  });
  return findings.length === 0 ? { ok: true, actors } : { ok: false, findings };
};
