import type { TenantContext } from '../../domain/context/tenant-context.ts';

/**
 * What is wrong in a tenant's surroundings, at most half a minute old (design 3.5, R-20). Asked once per tenant and micro-batch, never per signal.
 */
export interface ContextSource {
  /** `undefined` = not at hand, or too old (call `load`). */
  current(tenantId: string): TenantContext | undefined;
  /** Throws when it can not be had: without it nothing is decided, rather than as if nothing were wrong (G6). */
  load(tenantId: string): Promise<TenantContext>;
}
