import { expect, test } from '@jest/globals';
import { uuidIds } from '../../../src/adapters/ids/uuid-ids.ts';
import { type ReceiptFilter, verifyReceipts } from '../../../src/replay/verify/verify-receipts.ts';
import { given } from './verifying.ts';

const receipt = (tenant: string | null, timestamp: string): string =>
  JSON.stringify({
    receipt_id: 'r',
    timestamp_utc: timestamp,
    inputs: { kind: 'decision', ...(tenant === null ? {} : { tenant_id: tenant }) },
  });
const RECEIPTS = [
  receipt('acme', '2026-03-01T00:00:00.000Z'),
  receipt('acme', '2026-03-02T00:00:00.000Z'),
  receipt('beta', '2026-03-02T00:00:00.000Z'),
  receipt(`sha256:${uuidIds.sha256('acme')}`, '2026-03-03T00:00:00.000Z'),
  receipt(null, '2026-03-03T00:00:00.000Z'),
  receipt('acme', 'yesterday'),
  '{"receipt_id":',
  'null',
];

const places = async (filter: Partial<ReceiptFilter>): Promise<string> => {
  const judged = await verifyReceipts(
    {
      trust: { publicKeyOf: () => undefined, verify: () => false },
      ...{ reexecute: null, why: 'not_asked', sha256: uuidIds.sha256 },
      filter: { tenantId: null, sinceMs: null, ...filter },
    },
    RECEIPTS.map(given),
  );
  expect(judged.every(({ verdict }) => verdict.status === 'failed')).toBe(true);
  return judged.map(({ at }) => at).join('');
};

test('without a filter every one is judged', async () => expect(await places({})).toBe('01234567'));

test('of one tenant: also those that hold its digest, those that name none, and those that can not be read', async () => {
  expect(await places({ tenantId: 'acme' })).toBe('0134567');
  expect(await places({ tenantId: 'beta' })).toBe('2467');
});

test('from a time on: that moment included, and those without a time', async () => {
  expect(await places({ sinceMs: Date.parse('2026-03-02T00:00:00Z') })).toBe('1234567');
  expect(await places({ tenantId: 'beta', sinceMs: Date.parse('2026-03-02T00:00:00.001Z') })).toBe('467');
});
