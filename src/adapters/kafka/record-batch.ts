import type { IHeaders, Message } from 'kafkajs';

/** What the client knows of a batch besides its records. */
export interface BatchFacts {
  /** The client's own 64-bit number, or anything else that prints as one. */
  readonly producerId: { toString(): string };
  readonly producerEpoch: number;
  readonly firstSequence: number;
  readonly transactional: boolean;
  readonly timestampMs: number;
}

const MAGIC = 2;
const TRANSACTIONAL = 0x10;
/** Base offset, length of the rest, leader epoch, magic and checksum: what the checksum does not cover. */
const CRC_AT = 17;
const CRC_FROM = 21;
const HEAD_BYTES = 61;
/** Base offset and length: not counted in the length. */
const LENGTH_FROM = 12;
/** Attributes and a time that differs from the batch's by nothing. */
const FIXED_RECORD_BYTES = 2;

const NO_HEADERS: IHeaders = {};

const varintBytes = (value: number): number => {
  const encoded = (value << 1) ^ (value >> 31);
  return encoded === 0 ? 1 : Math.ceil((32 - Math.clz32(encoded)) / 7);
};

type Bytes = Buffer | string | null | undefined;
const lengthOf = (value: Bytes): number =>
  value === null || value === undefined ? -1 : typeof value === 'string' ? Buffer.byteLength(value) : value.length;
const sized = (length: number): number => (length < 0 ? 1 : varintBytes(length) + length);

const CRC32C_POLYNOMIAL = 0x82f63b78;
const SLICES = 8;
/** Table s holds what a byte does to the sum s bytes later: eight bytes are then eight look-ups that do not wait for each other. */
const CRC_TABLES = new Int32Array(SLICES * 256);
for (let byte = 0; byte < 256; byte++) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ CRC32C_POLYNOMIAL : crc >>> 1;
  CRC_TABLES[byte] = crc;
}
for (let at = 256; at < CRC_TABLES.length; at++) {
  const before = CRC_TABLES[at - 256]!;
  CRC_TABLES[at] = CRC_TABLES[before & 0xff]! ^ (before >>> 8);
}

/** Slicing by eight: a byte at a time it was a fortieth of the engine's processor time. */
const crc32c = (bytes: Uint8Array, from: number): number => {
  const tables = CRC_TABLES;
  const end = bytes.length;
  let crc = -1;
  let at = from;
  for (; at + SLICES <= end; at += SLICES) {
    const low = crc ^ (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24));
    crc =
      tables[1_792 + (low & 0xff)]! ^
      tables[1_536 + ((low >>> 8) & 0xff)]! ^
      tables[1_280 + ((low >>> 16) & 0xff)]! ^
      tables[1_024 + (low >>> 24)]! ^
      tables[768 + bytes[at + 4]!]! ^
      tables[512 + bytes[at + 5]!]! ^
      tables[256 + bytes[at + 6]!]! ^
      tables[bytes[at + 7]!]!;
  }
  for (; at < end; at++) crc = tables[(crc ^ bytes[at]!) & 0xff]! ^ (crc >>> 8);
  return (crc ^ -1) >>> 0;
};

class Pen {
  readonly bytes: Buffer;
  at = HEAD_BYTES;

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafe(size);
  }

  varint(value: number): void {
    let left = ((value << 1) ^ (value >> 31)) >>> 0;
    while (left > 0x7f) {
      this.bytes[this.at++] = (left & 0x7f) | 0x80;
      left >>>= 7;
    }
    this.bytes[this.at++] = left;
  }

  /** `length` as `lengthOf` gave it. */
  value(value: Bytes, length: number): void {
    this.varint(length);
    if (length <= 0 || value === null || value === undefined) return;
    if (typeof value === 'string') this.bytes.write(value, this.at, length, 'utf8');
    else this.bytes.set(value, this.at);
    this.at += length;
  }
}

/** Names and values by turns, a name again for each value of a list. One array: entries of a header each would be most of what a batch leaves behind. */
const flat = (headers: IHeaders): readonly Bytes[] => {
  const pairs: Bytes[] = [];
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    if (Array.isArray(value)) for (const one of value) pairs.push(name, one);
    else pairs.push(name, value);
  }
  return pairs;
};

/**
 * The records of one partition as one record batch of the protocol's second format, uncompressed, in one piece: lengths first, then one buffer of that
 * size. The client makes a buffer for each header and record and copies them together level by level, which was an eighth of the engine's processor
 * time and a quarter of its garbage. Byte for byte what the client would have written (the test compares).
 */
export const encodeRecordBatch = (messages: readonly Message[], facts: BatchFacts): Buffer => {
  const headers = messages.map((message) => flat(message.headers ?? NO_HEADERS));
  // Per record: its body, key, value, then name and value of each header.
  const lengths: number[] = [];
  let size = HEAD_BYTES;
  for (const [offset, { key, value }] of messages.entries()) {
    const at = lengths.length;
    const pairs = headers[offset]!;
    const keyLength = lengthOf(key);
    const valueLength = lengthOf(value);
    lengths.push(0, keyLength, valueLength);
    let body =
      FIXED_RECORD_BYTES + varintBytes(offset) + sized(keyLength) + sized(valueLength) + varintBytes(pairs.length / 2);
    for (const part of pairs) {
      const length = lengthOf(part);
      lengths.push(length);
      body += sized(length);
    }
    lengths[at] = body;
    size += varintBytes(body) + body;
  }

  const pen = new Pen(size);
  let next = 0;
  for (const [offset, { key, value }] of messages.entries()) {
    pen.varint(lengths[next++]!);
    pen.bytes[pen.at++] = 0;
    pen.bytes[pen.at++] = 0;
    pen.varint(offset);
    pen.value(key, lengths[next++]!);
    pen.value(value, lengths[next++]!);
    const pairs = headers[offset]!;
    pen.varint(pairs.length / 2);
    for (const part of pairs) pen.value(part, lengths[next++]!);
  }

  const { bytes } = pen;
  bytes.writeBigInt64BE(0n, 0);
  bytes.writeInt32BE(size - LENGTH_FROM, 8);
  bytes.writeInt32BE(0, 12);
  bytes.writeInt8(MAGIC, 16);
  bytes.writeInt16BE(facts.transactional ? TRANSACTIONAL : 0, CRC_FROM);
  bytes.writeInt32BE(messages.length - 1, 23);
  bytes.writeBigInt64BE(BigInt(facts.timestampMs), 27);
  bytes.writeBigInt64BE(BigInt(facts.timestampMs), 35);
  bytes.writeBigInt64BE(BigInt(facts.producerId.toString()), 43);
  bytes.writeInt16BE(facts.producerEpoch, 51);
  bytes.writeInt32BE(facts.firstSequence, 53);
  bytes.writeInt32BE(messages.length, 57);
  bytes.writeUInt32BE(crc32c(bytes, CRC_FROM), CRC_AT);
  return bytes;
};
