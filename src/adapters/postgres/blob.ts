/** Where a value lies in the blob: 1-based; length -1 = null. */
export interface Place {
  readonly at: number;
  readonly length: number;
}

/** Many values as one binary parameter, each found again by its 1-based start and its length (mmm_commit slices it). */
export class Blob {
  readonly #parts: Uint8Array[] = [];
  readonly #places = new Map<string | Uint8Array, Place>();
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

  /** As `add`, and what is shared later is found here. */
  keep(value: Uint8Array): number {
    this.#places.set(value, { at: this.next, length: value.length });
    return this.add(value);
  }

  /** As `add`, but what was kept or shared before (the same text, the same bytes in memory) is not sent again. */
  share(value: string | Uint8Array | null): Place {
    if (value === null) return { at: this.next, length: -1 };
    const held = this.#places.get(value);
    if (held !== undefined) return held;
    const place = { at: this.next, length: this.add(value) };
    this.#places.set(value, place);
    return place;
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts, this.#length);
  }
}
