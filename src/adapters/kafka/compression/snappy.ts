import { ByteSink } from './byte-sink.ts';

/** Java producers put blocks behind this header (xerial framing): magic, version, compatible version, then length and block by turns. */
const FRAMED = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const FRAME_HEADER_BYTES = 16;

/**
 * Snappy as record batches hold it: framed by Java producers, one bare block from others.
 * @throws RangeError when the bytes are not Snappy, end early, or unpack to more than `limit`.
 */
export function decompressSnappy(packed: Buffer, limit: number): Buffer {
  if (!packed.subarray(0, FRAMED.length).equals(FRAMED)) return block(packed, limit);
  const parts: Buffer[] = [];
  let left = limit;
  for (let at = FRAME_HEADER_BYTES; at < packed.length;) {
    const length = packed.readUInt32BE(at);
    at += 4;
    if (at + length > packed.length) throw new RangeError('Snappy block ends early');
    const part = block(packed.subarray(at, at + length), left);
    left -= part.length;
    parts.push(part);
    at += length;
  }
  return Buffer.concat(parts);
}

function block(packed: Buffer, limit: number): Buffer {
  let at = 0;
  let size = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = packed.readUInt8(at++);
    size += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
    if (shift >= 28) throw new RangeError('Snappy length is not valid');
  }
  if (size > limit) throw new RangeError('packed data unpacks to more than is taken');
  const sink = new ByteSink(size, size);
  while (at < packed.length) {
    const tag = packed.readUInt8(at++);
    const kind = tag & 3;
    if (kind === 0) {
      let length = tag >>> 2;
      if (length >= 60) {
        const bytes = length - 59;
        length = packed.readUIntLE(at, bytes);
        at += bytes;
      }
      sink.append(packed, at, length + 1);
      at += length + 1;
    } else if (kind === 1) {
      sink.repeat(((tag >>> 5) << 8) | packed.readUInt8(at++), ((tag >>> 2) & 7) + 4);
    } else {
      const wide = kind === 3;
      sink.repeat(wide ? packed.readUInt32LE(at) : packed.readUInt16LE(at), (tag >>> 2) + 1);
      at += wide ? 4 : 2;
    }
  }
  const unpacked = sink.result();
  if (unpacked.length !== size) throw new RangeError('Snappy block has the wrong length');
  return unpacked;
}
