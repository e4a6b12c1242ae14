import fc from 'fast-check';
import { expect, test } from '@jest/globals';
import { linesOf } from '../../../src/entrypoints/cli/lines.ts';

const linesFrom = async (chunks: readonly Uint8Array[]): Promise<string[]> => {
  const stream = async function* () {
    yield* chunks;
  };
  const found: string[] = [];
  for await (const line of linesOf(stream())) found.push(Buffer.from(line).toString('latin1'));
  return found;
};

test('lines are the same however the bytes are cut into chunks', async () => {
  const text = fc.array(fc.constantFrom('a', '\n', 'bc', '\u00ff')).map((parts) => parts.join(''));
  await fc.assert(
    fc.asyncProperty(text, fc.array(fc.nat(8)), async (whole, cuts) => {
      const bytes = Buffer.from(whole, 'latin1');
      const chunks: Buffer[] = [];
      let from = 0;
      for (const cut of cuts) {
        chunks.push(bytes.subarray(from, from + cut));
        from += cut;
      }
      chunks.push(bytes.subarray(from));
      const expected = whole.split('\n');
      if (expected.at(-1) === '') expected.pop();
      expect(await linesFrom(chunks)).toEqual(expected);
    }),
  );
});

test('a file without line ends does not fill the memory', async () => {
  const chunk = Buffer.alloc(4 * 1_024 * 1_024, 0x61);
  await expect(linesFrom([chunk, chunk, chunk, chunk, chunk])).rejects.toMatchObject({ code: 'RECORDS_INVALID' });
});
