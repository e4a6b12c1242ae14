/** Bodies of replies, as far as the client reads them. All begin with the throttle time. */

const THROTTLE = Buffer.alloc(4);

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** EndTxn and AddOffsetsToTxn. */
export const errorReply = (code: number): Buffer => Buffer.concat([THROTTLE, int16(code)]);

/** InitProducerId: no producer id, no epoch. */
export const initProducerIdError = (code: number): Buffer =>
  Buffer.concat([errorReply(code), Buffer.alloc(8 + 2, 0xff)]);

/** AddPartitionsToTxn and TxnOffsetCommit: one topic, one partition. */
export const partitionErrorReply = (code: number): Buffer =>
  Buffer.concat([THROTTLE, int32(1), int16(1), Buffer.from('t'), int32(1), int32(0), int16(code)]);

/** The error code of a reply to EndTxn. */
export const errorCodeOf = (body: Buffer): number => body.readInt16BE(THROTTLE.length);
