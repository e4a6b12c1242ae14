/** So long a text is rare, and a thousand of them would be megabytes. */
const KEY_MAX_CHARS = 1_024;

/**
 * `compute`, with what it said of a text kept for the next time. For pure functions of a text whose results nobody changes: an answer is the same whether
 * kept or not. When it is full everything is forgotten, which costs time and no answer; to keep the newest would cost every call.
 */
export const rememberedByText = <T>(max: number, compute: (text: string) => T): ((text: string) => T) => {
  const known = new Map<string, T>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const made = compute(text);
    if (text.length > KEY_MAX_CHARS) return made;
    if (known.size >= max) known.clear();
    known.set(text, made);
    return made;
  };
};
