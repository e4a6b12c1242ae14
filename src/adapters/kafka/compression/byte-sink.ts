/** Unpacked bytes so far, with the copies from earlier output that both LZ4 and Snappy are made of. Throws RangeError past its limit. */
export class ByteSink {
  #bytes: Buffer;
  #length = 0;
  readonly #limit: number;

  constructor(expected: number, limit: number) {
    this.#limit = limit;
    this.#bytes = Buffer.allocUnsafe(Math.min(Math.max(expected, 64), limit));
  }

  append(source: Buffer, from: number, length: number): void {
    if (length < 0 || from + length > source.length) throw new RangeError('packed data ends early');
    this.#reserve(length);
    source.copy(this.#bytes, this.#length, from, from + length);
    this.#length += length;
  }

  /** Copies `length` bytes from `distance` bytes back. They may overlap: that is how runs are packed. */
  repeat(distance: number, length: number): void {
    if (distance <= 0 || distance > this.#length) throw new RangeError('packed data points before its start');
    this.#reserve(length);
    if (distance >= length) {
      this.#bytes.copyWithin(this.#length, this.#length - distance, this.#length - distance + length);
      this.#length += length;
      return;
    }
    for (let i = 0; i < length; i++, this.#length++) {
      this.#bytes[this.#length] = this.#bytes[this.#length - distance]!;
    }
  }

  result(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed > this.#limit) throw new RangeError('packed data unpacks to more than is taken');
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.min(Math.max(needed, this.#bytes.length * 2), this.#limit));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}
