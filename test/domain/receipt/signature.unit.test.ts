import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson } from '../../../src/domain/receipt/canonical-json.ts';
import { bytesToSign, signableText } from '../../../src/domain/receipt/signature.ts';

const receipts = fc.dictionary(
  fc.oneof(fc.string(), fc.constantFrom('signature', 'signatura', 'signaturf', 'actor', 'timestamp_utc')),
  fc.jsonValue(),
);

test('the two texts of a receipt are canonical JSON without and with its signature', () => {
  fc.assert(
    fc.property(receipts, fc.string(), (receipt, signature) => {
      const text = signableText(receipt);
      expect(Buffer.from(text.unsigned, 'utf8')).toEqual(Buffer.from(bytesToSign(receipt)));
      expect(text.signed(signature)).toBe(canonicalJson({ ...receipt, signature }));
    }),
  );
});
