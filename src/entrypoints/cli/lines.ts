import { createReadStream } from 'node:fs';
import { MmmError } from '../../errors.ts';

const NEWLINE = 0x0a;
/** A line that is no record at all (a binary file given by mistake) must not fill the memory. */
const LINE_MAX_BYTES = 16 * 1_024 * 1_024;

/** Lines of a byte stream, as bytes: text would hide what is not UTF-8. Throws RECORDS_INVALID for a line beyond all measure. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      yield held.length === 0 ? chunk.subarray(from, at) : Buffer.concat([...held, chunk.subarray(from, at)]);
      held = [];
      bytes = 0;
      from = at + 1;
    }
    held.push(chunk.subarray(from));
    bytes += chunk.length - from;
    if (bytes > LINE_MAX_BYTES)
      throw new MmmError('RECORDS_INVALID', `a line is over ${LINE_MAX_BYTES} bytes: is this JSON lines?`);
  }
  if (bytes > 0) yield Buffer.concat(held);
}

/** A source that can be read twice: a file as often as wished, standard input kept in memory. `name` is for messages. */
export const openLines = async (
  path: string,
): Promise<{ readonly name: string; lines(): AsyncIterable<Uint8Array> }> => {
  if (path !== '-') return { name: path, lines: () => linesOf(fileChunks(path)) };
  const kept: Uint8Array[] = [];
  for await (const line of linesOf(process.stdin as AsyncIterable<Uint8Array>)) kept.push(line);
  return {
    name: 'standard input',
    lines: async function* () {
      yield* kept;
    },
  };
};

async function* fileChunks(path: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(path)) yield chunk as Uint8Array;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new MmmError('USAGE', `${path} can not be read (${code})`);
  }
}
