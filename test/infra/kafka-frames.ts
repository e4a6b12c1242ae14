const SIZE_BYTES = 4;

/** Cuts a stream of Kafka messages into whole ones; each keeps its size in front. */
export class Frames {
  #held: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): Buffer[] {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const whole: Buffer[] = [];
    while (this.#held.length >= SIZE_BYTES) {
      const end = SIZE_BYTES + this.#held.readInt32BE(0);
      if (this.#held.length < end) break;
      whole.push(this.#held.subarray(0, end));
      this.#held = this.#held.subarray(end);
    }
    return whole;
  }
}

/** What the header of a request says in every version of it. */
export interface RequestHead {
  readonly apiKey: number;
  readonly version: number;
  readonly correlationId: number;
}

export const requestHead = (request: Buffer): RequestHead => ({
  apiKey: request.readInt16BE(SIZE_BYTES),
  version: request.readInt16BE(SIZE_BYTES + 2),
  correlationId: request.readInt32BE(SIZE_BYTES + 4),
});

export const correlationIdOf = (reply: Buffer): number => reply.readInt32BE(SIZE_BYTES);

/** What follows the correlation id. Shares its memory with the reply. */
export const bodyOf = (reply: Buffer): Buffer => reply.subarray(SIZE_BYTES + 4);

export const replyFrame = (correlationId: number, body: Buffer): Buffer => {
  const head = Buffer.alloc(SIZE_BYTES + 4);
  head.writeInt32BE(head.length - SIZE_BYTES + body.length);
  head.writeInt32BE(correlationId, SIZE_BYTES);
  return Buffer.concat([head, body]);
};
