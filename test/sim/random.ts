/** A stream of numbers that one seed fixes (sfc32). Everything that a simulation leaves to chance comes from here. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d = 1;

  constructor(seed: number, stream = 0) {
    this.#a = seed | 0;
    this.#b = Math.imul(seed, 0x9e3779b1) | 0;
    this.#c = Math.imul(stream + 1, 0x85ebca6b) | 0;
    // The first numbers of neighbouring seeds resemble each other.
    for (let turn = 0; turn < 16; turn++) this.#word();
  }

  /** From 0 to below 1. */
  next(): number {
    return (this.#word() >>> 0) / 2 ** 32;
  }

  chance(share: number): boolean {
    return share > 0 && this.next() < share;
  }

  /** From 0 to below `count`. */
  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  between(low: number, high: number): number {
    return low + this.next() * (high - low);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.below(256));
  }

  /** 32 hexadecimal digits. */
  id(): string {
    return Array.from({ length: 4 }, () => (this.#word() >>> 0).toString(16).padStart(8, '0')).join('');
  }

  #word(): number {
    const word = (((this.#a + this.#b) | 0) + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (this.#c << 21) | (this.#c >>> 11);
    this.#c = (this.#c + word) | 0;
    return word;
  }
}
