import { once } from 'node:events';
import { connect } from 'node:net';

const OFFSET_DELETE = 47;
const CLIENT_ID = 'chaos';

const text = (value: string): Buffer => {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(2);
  length.writeInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
};
const int16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
};
const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};

/**
 * Deletes committed offsets of a group (request OffsetDelete, version 0), as `kafka-consumer-groups --delete-offsets` does; kafkajs has no such
 * request. The broker allows it while the group lives, for topics that no member reads: just what the outbox cursors are.
 */
export const deleteOffsets = async (
  broker: string,
  group: string,
  topic: string,
  partitions: readonly number[],
): Promise<void> => {
  const [host, port] = broker.split(':');
  const request = Buffer.concat([
    int16(OFFSET_DELETE),
    int16(0),
    int32(1),
    text(CLIENT_ID),
    text(group),
    int32(1),
    text(topic),
    int32(partitions.length),
    ...partitions.map(int32),
  ]);
  const socket = connect(Number(port), host);
  try {
    await once(socket, 'connect');
    socket.write(Buffer.concat([int32(request.length), request]));
    let answer = Buffer.alloc(0);
    while (answer.length < 4 || answer.length < 4 + answer.readInt32BE(0)) {
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      answer = Buffer.concat([answer, chunk]);
    }
    // Length, correlation id, then the error of the whole; the errors of the partitions end the answer, six bytes each.
    const whole = answer.readInt16BE(8);
    const each = partitions.map((_, at) => answer.readInt16BE(answer.length - 6 * (partitions.length - at) + 4));
    const failed = [whole, ...each].find((code) => code !== 0);
    if (failed !== undefined) throw new Error(`the broker refuses to delete offsets: error ${failed}`);
  } finally {
    socket.destroy();
  }
};
