/** Names stand near the beginning of every envelope we know; a look at more would cost as much as reading the record. */
const LOOKED_AT_BYTES = 4_096;

const FIELDS = {
  tenant_id: /"tenant_id"\s*:\s*("(?:[^"\\]|\\.){1,255}")/,
  producer_id: /"producer_id"\s*:\s*("(?:[^"\\]|\\.){1,255}")/,
} as const;

const fieldIn = (text: string, field: keyof typeof FIELDS): string | null => {
  const [, found] = FIELDS[field].exec(text) ?? [];
  if (found === undefined) return null;
  try {
    return JSON.parse(found) as string;
  } catch {
    return null;
  }
};

const head = (value: Uint8Array): string =>
  Buffer.from(value.buffer, value.byteOffset, Math.min(value.byteLength, LOOKED_AT_BYTES)).toString('utf8');

/** What a record that was refused says of its tenant, read from its bytes because it can not be decoded. A claim, never more. */
export const tenantHint = (value: Uint8Array): string | null => fieldIn(head(value), 'tenant_id');

const AVRO_MAGIC = 0;
const AVRO_HEAD_BYTES = 5;
/** All records that name nobody are one sender: rubbish with a new key each time must not pass for many. */
export const NOBODY = '';

/**
 * Who a record comes from, as far as its bytes tell, read the same way from good and bad ones: the writer's schema of Avro, else the producer, else the
 * tenant. For telling one producer that is broken from all of them at once; never for anything that is decided.
 */
export const senderOf = (value: Uint8Array | null): string => {
  if (value === null || value.byteLength === 0) return NOBODY;
  if (value[0] === AVRO_MAGIC) {
    if (value.byteLength < AVRO_HEAD_BYTES) return NOBODY;
    return `schema ${new DataView(value.buffer, value.byteOffset, value.byteLength).getUint32(1)}`;
  }
  const text = head(value);
  const producer = fieldIn(text, 'producer_id');
  if (producer !== null) return `producer ${producer}`;
  const tenant = fieldIn(text, 'tenant_id');
  return tenant === null ? NOBODY : `tenant ${tenant}`;
};
