import { expect, test } from '@jest/globals';
import { uuidIds } from '../../../src/adapters/ids/uuid-ids.ts';
import { documentDigestOf } from '../../../src/domain/compile-rules.ts';
import type { TenantRules } from '../../../src/domain/rules.ts';
import type { DecisionRead } from '../../../src/replay/recorded-history.ts';
import { judgeRules } from '../../../src/replay/verify/judge-rules.ts';
import type { ReceiptFields } from '../../../src/replay/verify/receipt-shape.ts';

const POLICY = { id: 'acme' };
const HISTORY = { policies: [{ version: 3, document: POLICY, atMs: 1 }], playbooks: [], publications: [] };
const RECEIPT = { snapshotHash: 'sha256:then' } as ReceiptFields;

const judged = (snapshotHash: string, digests: boolean) => {
  const read = {
    policy_version_ids: ['policy:acme:3'],
    ...(digests ? { rules_digests: documentDigestOf(uuidIds, POLICY) } : {}),
  } as unknown as DecisionRead;
  const compile = () => ({ snapshotHash }) as TenantRules;
  return judgeRules({ ids: uuidIds, compile }, HISTORY, 'acme', read, RECEIPT);
};

test('documents as they were that make the same rules are the rules of the decision', () => {
  expect(judged('sha256:then', true)).toMatchObject({ ok: true });
});

test.each([
  ['each document is as it was, and this program makes other rules of them', true, /this program makes other rules/],
  ['a release that recorded no digests: which document it was is not known', false, /one of these was altered/],
])('another snapshot is not taken for the one of the receipt: %s', (_name, digests, meaning) => {
  const answer = judged('sha256:now', digests);
  expect(answer).toMatchObject({
    ok: false,
    difference: { what: 'rules snapshot', expected: 'sha256:then', found: 'sha256:now' },
  });
  expect(JSON.stringify(answer)).toMatch(meaning);
});
