const TRACE_PARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
const TRACE_ID = /^(?!0{32})[0-9a-f]{32}$/;
const SPAN_ID = /^(?!0{16})[0-9a-f]{16}$/;

/**
 * W3C trace context of a signal: the record's header if it is valid, else made of the envelope's trace_id (a UUID is taken without its dashes)
 * and span_id, as not sampled because nobody said so. Null if neither is usable: a bad trace id is no reason to refuse a signal.
 */
export const traceParentOf = (header: string | null, traceId: string | null, spanId: string | null): string | null => {
  if (header !== null && TRACE_PARENT.test(header)) return header;
  if (traceId === null || spanId === null) return null;
  const trace = traceId.toLowerCase().replaceAll('-', '');
  const span = spanId.toLowerCase();
  return TRACE_ID.test(trace) && SPAN_ID.test(span) ? `00-${trace}-${span}-00` : null;
};
