import avsc from 'avsc';
import { headersFromText } from '../../../src/pipeline/ports/header-text.ts';
import { AVRO_SCHEMAS } from '../../../src/generated/schemas.ts';
import type { TestDatabase } from './test-database.ts';

export interface ConfigRow {
  readonly shard: number;
  readonly number: number;
  readonly key: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly event: {
    readonly event_id: string;
    readonly tenant_id: string;
    readonly event_type: string;
    readonly payload: Readonly<Record<string, unknown>>;
  };
}

const SCHEMA = AVRO_SCHEMAS.find(({ subject }) => subject === 'mmm.admin_config-value')!;
const type = avsc.Type.forSchema(JSON.parse(SCHEMA.text) as avsc.Schema, { wrapUnions: 'auto' });
const PREFIX_BYTES = 5;

/** The rows of `mmm.admin_config` in the outbox, of one tenant or all, decoded without our codec. */
export const configRows = async ({ pipeline }: TestDatabase, tenantId?: string): Promise<ConfigRow[]> => {
  const rows = await pipeline.query<{ shard: number; number: string; key: Buffer; value: Buffer; headers: string }>(
    `SELECT shard, number, key, value, headers FROM mmm_outbox WHERE topic = 'mmm.admin_config' ORDER BY shard, number`,
  );
  return rows
    .map(({ shard, number, key, value, headers }) => ({
      shard,
      number: Number(number),
      key: key.toString(),
      headers: headersFromText(headers),
      event: JSON.parse(JSON.stringify(type.fromBuffer(value.subarray(PREFIX_BYTES)))) as ConfigRow['event'],
    }))
    .filter(({ event }) => tenantId === undefined || event.tenant_id === tenantId);
};
