/** The members of a recorded `read` in the order in which DECIDE writes them; what a release does not record, or a decision has none of, is absent. */
const MEMBERS = [
  'signal',
  'context',
  'state_chain',
  'profile',
  'snapshot_hash',
  'policy_version_ids',
  'decided_at_ms',
  'decided_at_monotonic_ms',
  'rules_digests',
  'on_probation',
  'experiments',
  'originals',
  'original_contexts',
] as const;
export type ReadMember = (typeof MEMBERS)[number];

const OPTIONAL: ReadonlySet<ReadMember> = new Set(['on_probation', 'experiments', 'originals', 'original_contexts']);

/** What each is called in an answer. */
export const READ_MEMBER_WORDS: Readonly<Record<ReadMember, string>> = {
  signal: 'signal (recorded input)',
  context: 'context (recorded input)',
  state_chain: 'actor state (recorded input)',
  profile: 'actor profile (recorded input)',
  snapshot_hash: 'rules snapshot (recorded input)',
  policy_version_ids: 'names of the rules (recorded input)',
  decided_at_ms: 'time of the decision (recorded input)',
  decided_at_monotonic_ms: 'time of the decision (recorded input)',
  rules_digests: 'digests of the rules (recorded input)',
  on_probation: 'probation (recorded input)',
  experiments: 'experiment (recorded input)',
  originals: 'signal that was put off (recorded input)',
  original_contexts: 'context (recorded input)',
};

export type ReadRegions =
  | { readonly ok: true; readonly values: Readonly<Partial<Record<ReadMember, unknown>>> }
  | { readonly ok: false; readonly broken: ReadMember };

const parsed = (text: string): { readonly value: unknown } | null => {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return null;
  }
};

/**
 * Takes the text of a `read` apart by its members, also where it is no JSON any more, and names the first that is broken. A member's name with what
 * stands around it can not occur earlier within a value: in a JSON string its quotes are escaped, and only a signal's payload has members that others
 * named, but none that is an object.
 */
export const regionsOf = (text: string): ReadRegions => {
  const starts: { member: ReadMember; from: number; markedAt: number }[] = [];
  let at = 0;
  for (const member of MEMBERS) {
    const opening = member === 'context' ? '{' : '';
    const marker = `${member === 'signal' ? '{' : ','}"${member}":${opening}`;
    const markedAt = text.indexOf(marker, at);
    if (markedAt < 0) {
      if (OPTIONAL.has(member)) continue;
      return { ok: false, broken: member };
    }
    at = markedAt + marker.length;
    starts.push({ member, from: at - opening.length, markedAt });
  }
  const values: Partial<Record<ReadMember, unknown>> = {};
  for (const [n, { member, from }] of starts.entries()) {
    const next = starts[n + 1];
    const region = parsed(text.slice(from, next === undefined ? -1 : next.markedAt));
    if (region === null) return { ok: false, broken: member };
    values[member] = region.value;
  }
  return text.startsWith('{"signal":') && text.endsWith('}')
    ? { ok: true, values }
    : { ok: false, broken: text.endsWith('}') ? 'signal' : starts.at(-1)!.member };
};
