import { type KeyObject, verify } from 'node:crypto';
import { expect } from '@jest/globals';
import { waitFor } from './engine-process.ts';
import type { Installation } from './installation.ts';
import type { Sent } from './signals.ts';
import { createAvroReader, readTopic, type Seen } from './topics.ts';

export interface Decoded extends Seen {
  readonly body: Record<string, unknown>;
}

export interface Outputs {
  readonly decisions: readonly Decoded[];
  readonly deliveries: readonly Decoded[];
  readonly receipts: readonly Decoded[];
  readonly deadLetters: readonly Seen[];
}

const DELIVERIES = ['mmm.delivery.ide', 'mmm.delivery.ci', 'mmm.delivery.alert'] as const;

/** Waits until the journal knows `signals` signals and every outbox row is known to be published. */
export const settled = async (installation: Installation, signals: number): Promise<void> => {
  let seen = 'nothing';
  await waitFor(
    `${signals} journal rows`,
    async () => {
      const rows = await installation.database
        .query<{ journal: string; waiting: string }>(
          `SELECT (SELECT count(*) FROM mmm_journal) AS journal,
                  (SELECT coalesce(sum(next_number - 1 - greatest(published_upto, 0)), 0) FROM mmm_shards) AS waiting`,
        )
        .then(({ rows: [row] }) => row!)
        .catch(() => null);
      if (rows === null) return null;
      seen = `${rows.journal} rows, ${rows.waiting} unpublished`;
      return Number(rows.journal) >= signals && Number(rows.waiting) === 0 ? true : null;
    },
    60_000,
  ).catch((error: unknown) => {
    throw new Error(`${String(error)} and saw ${seen}`);
  });
};

/** Every output topic as `read_committed`, decoded without our code. */
export const readOutputs = async (installation: Installation): Promise<Outputs> => {
  const decode = createAvroReader(installation.addresses.SCHEMA_REGISTRY_URL);
  const read = async (name: Parameters<Installation['topic']>[0]): Promise<Seen[]> =>
    await readTopic(installation.brokers, installation.topic(name));
  const decoded = async (records: readonly Seen[]): Promise<Decoded[]> =>
    await Promise.all(records.map(async (record) => ({ ...record, body: await decode(record.value!) })));
  const [decisions, receipts, deadLetters, ...deliveries] = await Promise.all([
    read('mmm.decisions').then(decoded),
    read('mmm.receipts'),
    read('mmm.dlq'),
    ...DELIVERIES.map(async (name) => await decoded(await read(name))),
  ]);
  return {
    decisions,
    deliveries: deliveries.flat(),
    receipts: receipts.map((record) => ({
      ...record,
      body: JSON.parse(record.value!.toString()) as Record<string, unknown>,
    })),
    deadLetters,
  };
};

/** Where a dead letter's record lies; intake may copy a record twice after a crash, and this is what makes the copies one. */
export const sourcePosition = ({ headers }: Seen): string =>
  ['mmm-dlq-topic', 'mmm-dlq-partition', 'mmm-dlq-offset'].map((name) => headers[name]).join('/');

const ids = (records: readonly Decoded[], field: string): string[] => records.map(({ body }) => String(body[field]));

/** The producer's ids of an actor's signals as decided, in the order of the decisions topic. */
const decidedOrder = (outputs: Outputs, producerIdOf: ReadonlyMap<string, string>): Map<string, string[]> => {
  const order = new Map<string, string[]>();
  for (const { body } of outputs.decisions) {
    const actor = `${String(body['tenant_id'])}:${String(body['actor_id'])}`;
    order.set(actor, [...(order.get(actor) ?? []), producerIdOf.get(String(body['signal_id'])) ?? 'unknown']);
  }
  return order;
};

/**
 * G1, G2 for signals that each make one card: exactly one decision, delivery and receipt, ids unique, an actor's order kept, the rows of
 * PostgreSQL equal to the outputs. `sent` in the order it was put in.
 */
export const expectExactlyOnce = async (
  installation: Installation,
  sent: readonly Sent[],
  outputs: Outputs,
): Promise<void> => {
  const { rows } = await installation.database.query<{ source: string; signal_id: string; decision_id: string }>(
    `SELECT d."read"::json->'signal'->>'source_signal_id' AS source, j.signal_id, j.decision_id
       FROM mmm_journal j JOIN mmm_decisions d USING (tenant_id, decision_id)
      WHERE j.tenant_id = ANY($1)`,
    [[...new Set(sent.map(({ tenantId }) => tenantId))]],
  );
  const producerIdOf = new Map(rows.map((row) => [row.signal_id, row.source]));
  expect([...producerIdOf.values()].sort()).toEqual(sent.map(({ id }) => id).sort());

  const decisionIds = ids(outputs.decisions, 'decision_id');
  expect([...decisionIds].sort()).toEqual(rows.map((row) => row.decision_id).sort());
  expect(new Set(decisionIds).size).toBe(decisionIds.length);
  for (const [records, id] of [
    [outputs.deliveries, 'delivery_id'],
    [outputs.receipts, 'receipt_id'],
  ] as const) {
    const found = ids(records, id);
    expect(found.length).toBe(sent.length);
    expect(new Set(found).size).toBe(found.length);
  }
  expect(ids(outputs.deliveries, 'decision_id').sort()).toEqual([...decisionIds].sort());
  expect(ids(outputs.decisions, 'receipt_id').sort()).toEqual(ids(outputs.receipts, 'receipt_id').sort());

  const inputOrder = new Map<string, string[]>();
  for (const { tenantId, actorId, id } of sent) {
    const actor = `${tenantId}:${actorId}`;
    inputOrder.set(actor, [...(inputOrder.get(actor) ?? []), id]);
  }
  expect(decidedOrder(outputs, producerIdOf)).toEqual(inputOrder);
};

/** Compact JSON with sorted keys, written here anew so that a fault of ours can not vouch for itself. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  );
};

/** Contracts 6.4 first row, with node:crypto alone. */
export const receiptVerifies = (receipt: Readonly<Record<string, unknown>>, key: KeyObject): boolean => {
  const { signature, ...unsigned } = receipt;
  const match = /^sig-ed25519:[A-Za-z0-9._-]+:([A-Za-z0-9+/=]+)$/.exec(String(signature));
  if (match === null) return false;
  return verify(null, Buffer.from(JSON.stringify(sorted(unsigned))), key, Buffer.from(match[1]!, 'base64'));
};
