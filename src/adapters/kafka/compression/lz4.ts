import { ByteSink } from './byte-sink.ts';

const MAGIC = 0x184d2204;
const HAS_CONTENT_SIZE = 0x08;
const HAS_CONTENT_CHECKSUM = 0x04;
const HAS_BLOCK_CHECKSUM = 0x10;
const HAS_DICTIONARY = 0x01;
const UNPACKED_BLOCK = 0x80000000;
const MIN_MATCH = 4;

/**
 * LZ4 frames as Kafka's record batches hold them. Checksums are skipped, not compared: the transport has its own, and the client does
 * not compare that of the batch either.
 * @throws RangeError when the bytes are no such frame, end early, or unpack to more than `limit`.
 */
export function decompressLz4(packed: Buffer, limit: number): Buffer {
  const sink = new ByteSink(packed.length * 3, limit);
  let at = 0;
  while (at < packed.length) at = frame(packed, at, sink);
  return sink.result();
}

function frame(packed: Buffer, start: number, sink: ByteSink): number {
  if (packed.readUInt32LE(start) !== MAGIC) throw new RangeError('no LZ4 frame');
  const flags = packed.readUInt8(start + 4);
  let at = start + 6 + (flags & HAS_CONTENT_SIZE ? 8 : 0) + (flags & HAS_DICTIONARY ? 4 : 0) + 1;
  for (;;) {
    const word = packed.readUInt32LE(at);
    at += 4;
    if (word === 0) break;
    const size = word & ~UNPACKED_BLOCK;
    if (word >= UNPACKED_BLOCK) sink.append(packed, at, size);
    else block(packed, at, at + size, sink);
    at += size + (flags & HAS_BLOCK_CHECKSUM ? 4 : 0);
  }
  return at + (flags & HAS_CONTENT_CHECKSUM ? 4 : 0);
}

function block(packed: Buffer, start: number, end: number, sink: ByteSink): void {
  if (end > packed.length) throw new RangeError('LZ4 block ends early');
  let at = start;
  // A length of 15 goes on in the following bytes, until one is not 255.
  const more = (length: number): number => {
    if (length !== 15) return length;
    let sum = length;
    let byte: number;
    do {
      byte = packed.readUInt8(at++);
      sum += byte;
    } while (byte === 255);
    return sum;
  };
  while (at < end) {
    const token = packed.readUInt8(at++);
    const literals = more(token >>> 4);
    sink.append(packed, at, literals);
    at += literals;
    // The last sequence of a block has literals only.
    if (at >= end) return;
    const distance = packed.readUInt16LE(at);
    at += 2;
    sink.repeat(distance, more(token & 0x0f) + MIN_MATCH);
  }
}
