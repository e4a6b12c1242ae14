/** Values kept by a prefix of the key asked for. A look-up costs one map access per distinct prefix length, however many prefixes there are. */
export class PrefixMap<V> {
  readonly #byPrefix = new Map<string, V>();
  #lengths: readonly number[] = [];

  getOrAdd(prefix: string, make: () => V): V {
    const known = this.#byPrefix.get(prefix);
    if (known !== undefined) return known;
    const made = make();
    this.#byPrefix.set(prefix, made);
    this.#lengths = [...new Set([...this.#lengths, prefix.length])].sort((a, b) => a - b);
    return made;
  }

  forEachPrefixOf(text: string, visit: (value: V) => void): void {
    for (const length of this.#lengths) {
      if (length > text.length) return;
      const value = this.#byPrefix.get(text.slice(0, length));
      if (value !== undefined) visit(value);
    }
  }
}
