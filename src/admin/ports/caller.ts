/** Who calls, from verified claims only (C-6): nothing of the body or the query can add to it (D-12, D-13). */
export interface Caller {
  readonly tenantId: string;
  readonly subject: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
}

export const SCOPES = ['mmm.decide', 'mmm.read', 'mmm.outcome'] as const;
export type Scope = (typeof SCOPES)[number];

/** Machines that hand in what others did (a CI system, a forwarder), and the operators of the engine. */
const ACTS_FOR_OTHERS: ReadonlySet<string> = new Set(['mmm_service', 'mmm_admin']);
const READS_OF_OTHERS: ReadonlySet<string> = new Set(['tenant_admin', 'mmm_admin']);

/** True if a signal or decision of this actor may come from this caller: one's own, else only with a role for it (D-12). Null: of nobody, context of the whole tenant. */
export const mayActFor = (caller: Caller, actorId: string | null): boolean =>
  actorId === caller.subject || caller.roles.some((role) => ACTS_FOR_OTHERS.has(role));

/** True if the caller may see what was decided for others of the tenant. */
export const mayReadOthers = (caller: Caller): boolean => caller.roles.some((role) => READS_OF_OTHERS.has(role));
