/** Many values as one binary parameter, each found again by its 1-based start and its length (mmm_commit slices it). */
export class Blob {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  /** Start of what is added next. */
  get next(): number {
    return this.#length + 1;
  }

  /** Length of what was added; -1 for null. */
  add(value: string | Uint8Array | null): number {
    if (value === null) return -1;
    const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
    this.#parts.push(bytes);
    this.#length += bytes.length;
    return bytes.length;
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts, this.#length);
  }
}
