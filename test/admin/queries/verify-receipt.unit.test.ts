import { generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { verifySignature } from '../../../src/adapters/keys/ed25519-signer.ts';
import { type ReceiptTrust, verifyReceipt } from '../../../src/admin/queries/verify-receipt.ts';
import { canonicalJson } from '../../../src/domain/receipt/canonical-json.ts';
import { bytesToSign, formatSignature } from '../../../src/domain/receipt/signature.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
const trust: ReceiptTrust = { publicKeyOf: (kid) => (kid === 'k1' ? pem : undefined), verify: verifySignature };

const signed = (receipt: Record<string, unknown>): string => {
  const signature = sign(null, bytesToSign(receipt), privateKey).toString('base64');
  return canonicalJson({ ...receipt, signature: formatSignature('k1', signature) });
};
const faultOf = (text: string | Uint8Array): string | null => verifyReceipt(Buffer.from(text), trust).fault;

const RECEIPT = { receipt_id: 'r1', n: 12, text: 'caf\u00e9 "x"', nested: { b: [1, { a: null }], a: true } };

test('a receipt as published verifies', () => {
  expect(verifyReceipt(Buffer.from(signed(RECEIPT)), trust)).toEqual({ receiptId: 'r1', kid: 'k1', fault: null });
});

test('any flipped bit of any receipt is found', () => {
  const facts = fc.record({
    receipt_id: fc.uuid(),
    inputs: fc.jsonValue({ maxDepth: 2 }),
    result: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })),
  });
  fc.assert(
    fc.property(facts, fc.nat(), fc.nat(7), (receipt, at, bit) => {
      const bytes = Buffer.from(signed(receipt));
      expect(faultOf(bytes)).toBeNull();
      bytes[at % bytes.length]! ^= 1 << bit;
      expect(faultOf(bytes)).not.toBeNull();
    }),
    { numRuns: 300, endOnFailure: true },
  );
});

test('every bit of one receipt, so that no place is left to chance', () => {
  const text = signed(RECEIPT);
  const missed: string[] = [];
  for (let at = 0; at < Buffer.byteLength(text); at++) {
    for (let bit = 0; bit < 8; bit++) {
      const bytes = Buffer.from(text);
      bytes[at]! ^= 1 << bit;
      if (faultOf(bytes) === null) missed.push(`${at}.${bit}`);
    }
  }
  expect(missed).toEqual([]);
});

test('a number that became endless is no fault of ours', () => {
  expect(faultOf(signed({ receipt_id: 'r', n: 1e302 }).replace('1e+302', '1e+702'))).toBe('SIGNATURE_WRONG');
});

describe('what is wrong is named', () => {
  const text = signed(RECEIPT);
  test.each([
    ['an altered member', text.replace('"n":12', '"n":13'), 'SIGNATURE_WRONG'],
    ['white space', `${text} `, 'NOT_CANONICAL'],
    [
      'order',
      JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text) as object).reverse())),
      'NOT_CANONICAL',
    ],
    ['a member twice', text.replace('"n":12', '"n":1,"n":12'), 'NOT_CANONICAL'],
    ['an unknown kid', text.replace(':k1:', ':k2:'), 'KID_UNKNOWN'],
    ['a mock signature', text.replace(/"sig-ed25519[^"]*"/, '"mock-sig-1"'), 'SIGNATURE_FORM'],
    [
      'another base64 of the same bytes',
      text.replace(/(.)==/, (_all, last: string) => `${String.fromCharCode(last.charCodeAt(0) + 1)}==`),
      'SIGNATURE_FORM',
    ],
    ['no signature', '{"receipt_id":"r1"}', 'SIGNATURE_MISSING'],
    ['something else', '{"id":"r1"}', 'NOT_A_RECEIPT'],
    ['a list', '[]', 'NOT_A_RECEIPT'],
    ['half of it', text.slice(0, 40), 'NOT_JSON'],
    ['nothing', '', 'NOT_JSON'],
    ['a byte order mark', `\ufeff${text}`, 'NOT_JSON'],
  ])('%s', (_name, altered, fault) => expect(faultOf(altered)).toBe(fault));

  test('bytes that are no text', () => expect(faultOf(new Uint8Array([0xff, 0xfe]))).toBe('NOT_UTF8'));
});
