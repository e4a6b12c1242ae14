import type { TenantRules } from '../../domain/rules.ts';

/**
 * Compiled rules of a tenant (policy, playbooks), versioned, kept in memory, refreshed by time and by invalidation (design 3.5).
 * `undefined` = not loaded yet (call `load`), `null` = the tenant is unknown: nothing is permitted (G6).
 */
export interface RulesSource {
  current(tenantId: string): TenantRules | null | undefined;
  load(tenantId: string): Promise<TenantRules | null>;
}
