import { describe, expect, test } from '@jest/globals';
import { decompressLz4 } from '../../../src/adapters/kafka/compression/lz4.ts';
import { decompressSnappy } from '../../../src/adapters/kafka/compression/snappy.ts';

const LIMIT = 1_000;
/** Literal 'abc', then 9 bytes from 3 back: abcabcabcabc. */
const snappyBlock = Buffer.from([12, 0x08, 0x61, 0x62, 0x63, 0x15, 0x03]);
const framed = Buffer.concat([
  Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, snappyBlock.length]),
  snappyBlock,
]);
const lz4Block = Buffer.from([0x35, 0x61, 0x62, 0x63, 3, 0, 0x00]);
const lz4Frame = Buffer.concat([
  Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0, lz4Block.length, 0, 0, 0]),
  lz4Block,
  Buffer.from([0, 0, 0, 0]),
]);

describe('packed record batches', () => {
  test('Snappy, bare and framed', () => {
    expect(decompressSnappy(snappyBlock, LIMIT).toString()).toBe('abcabcabcabc');
    expect(decompressSnappy(Buffer.concat([framed, framed.subarray(16)]), LIMIT).toString()).toBe(
      'abcabcabcabc'.repeat(2),
    );
  });
  test('LZ4', () => expect(decompressLz4(lz4Frame, LIMIT).toString()).toBe('abcabcabcabc'));

  test.each([
    ['Snappy', decompressSnappy, framed],
    ['Snappy block', decompressSnappy, snappyBlock],
    ['LZ4', decompressLz4, lz4Frame],
  ] as const)('%s: damage and bombs are refused, never read past the end', (_name, decompress, packed) => {
    expect(() => decompress(packed, 5)).toThrow(RangeError);
    for (let length = 1; length < packed.length; length++) {
      const cut = packed.subarray(0, length);
      let result: Buffer | null = null;
      try {
        result = decompress(cut, LIMIT);
      } catch (error) {
        expect((error as Error).name).toBe('RangeError');
      }
      if (result !== null) expect(result.length).toBeLessThanOrEqual(12);
    }
    for (let at = 0; at < packed.length; at++) {
      const bent = Buffer.from(packed);
      bent[at] = bent[at]! ^ 0xff;
      try {
        expect(decompress(bent, LIMIT).length).toBeLessThanOrEqual(LIMIT);
      } catch (error) {
        expect((error as Error).name).toBe('RangeError');
      }
    }
  });
});
