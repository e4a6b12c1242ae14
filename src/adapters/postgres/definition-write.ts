import { createHash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { canonicalJson } from '../../domain/receipt/canonical-json.ts';
import { audit } from './schema.ts';
import type { TenantTx } from './tenant-transaction.ts';

/** What a write did; `changed` false: it was there already, and nothing was written. */
export interface Written {
  readonly version: number;
  readonly changed: boolean;
}

export interface AuditLine {
  readonly what: string;
  readonly subject: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** What tells two documents of a definition apart, whatever the order of their members. */
export const digestOf = (document: unknown): string =>
  createHash('sha256').update(canonicalJson(document)).digest('hex');

/** One writer of a tenant's definitions at a time: "the latest version" is read and written in one piece. */
export const alone = async (tx: TenantTx, tenantId: string): Promise<void> => {
  await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtext('mmm.definitions'), hashtext(${tenantId}))`);
};

export const record = async (tx: TenantTx, tenantId: string, who: string, line: AuditLine): Promise<void> => {
  await tx.insert(audit).values({ tenantId, who, ...line });
};

/** Every process drops what it compiled of this tenant (design 3.5). Sent with the commit, so never too early. */
export const invalidate = async (tx: TenantTx, tenantId: string): Promise<void> => {
  await tx.execute(sql`SELECT pg_notify('mmm_rules', ${tenantId})`);
};
