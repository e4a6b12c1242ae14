import { contextFactsOf } from '../../domain/context/context-facts.ts';
import { EMPTY_CONTEXT, type TenantContext } from '../../domain/context/tenant-context.ts';
import type { ContextFacts } from '../../domain/decision/planned.ts';
import type { TenantRules } from '../../domain/rules.ts';
import type { MmmSignalInput } from '../../generated/records.ts';
import type { ContextSource } from '../ports/context-source.ts';

/** One context per tenant for the whole round, so that signals of one batch are not judged by two. */
export const contextsOf = async (
  source: ContextSource,
  signals: readonly MmmSignalInput[],
): Promise<ReadonlyMap<string, TenantContext>> => {
  const tenants = [...new Set(signals.map((signal) => signal.tenant_id))];
  return new Map(
    await Promise.all(
      tenants.map(
        async (tenant) => [tenant, source.current(tenant) ?? (await source.load(tenant))] as [string, TenantContext],
      ),
    ),
  );
};

/** The facts for one signal. An unknown tenant has no policy, and no candidate that would ask. */
export const contextOfSignal =
  (contexts: ReadonlyMap<string, TenantContext>, rules: ReadonlyMap<string, TenantRules | null>, nowMs: number) =>
  (signal: MmmSignalInput): ContextFacts => {
    const { tenant_id } = signal;
    const minSeverity = rules.get(tenant_id)?.policy.incidentMinSeverity ?? 'info';
    return contextFactsOf(contexts.get(tenant_id) ?? EMPTY_CONTEXT, signal, minSeverity, nowMs);
  };
