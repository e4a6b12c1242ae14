import type { RuleEnvironment } from './condition.ts';
import { durationInWords } from './duration.ts';
import { plainNumber, plainValue } from './plain-text.ts';
import { RECENT_CALLS, faultOfRecentCall, recentWindowMs, sameFieldOf } from './recent-arguments.ts';
import type { RecentMethod } from './recent-arguments.ts';
import { ACTOR_FIELDS, CONTEXT_FIELDS, SIGNAL_FIELDS, SUBJECT_FIELDS, isFieldOf } from './signal-view.ts';

/** One `{{...}}`: a path or a call of `recent`. */
export interface TemplateExpression {
  readonly source: string;
  /** Null when the value is not there: the reader never sees a blank. */
  value(environment: RuleEnvironment): string | null;
}

type Parsed =
  { readonly ok: true; readonly expression: TemplateExpression } | { readonly ok: false; readonly message: string };

type Raw = string | number | boolean | readonly string[] | null | undefined;

const PATH = /^[a-z]+(\.[A-Za-z0-9_][A-Za-z0-9_-]*)+$/;
const CALL = /^recent\.([a-z]+)\((.*)\)$/;
const ARGUMENT = /^\s*"([^"\\]{0,128})"\s*$/;

const shown = (raw: Raw): string | null => {
  if (raw === null || raw === undefined) return null;
  if (typeof raw === 'number') return plainNumber(raw);
  if (typeof raw === 'boolean') return raw ? 'yes' : 'no';
  const text = plainValue(typeof raw === 'string' ? raw : raw.join(', '));
  return text === '' ? null : text;
};

const pathReader = (source: string): ((environment: RuleEnvironment) => Raw) | null => {
  const [root, first = '', ...rest] = source.split('.');
  const field = [first, ...rest].join('.');
  if (root === 'actor' && isFieldOf(ACTOR_FIELDS, field)) return ({ actor }) => actor[field];
  if (root === 'context' && isFieldOf(CONTEXT_FIELDS, field)) return ({ context }) => context[field];
  if (root !== 'signal') return null;
  if (isFieldOf(SIGNAL_FIELDS, field)) return ({ signal }) => signal[field];
  const key = rest.join('.');
  if (first === 'subject' && isFieldOf(SUBJECT_FIELDS, key)) return ({ signal }) => signal.subject?.[key];
  if (first === 'payload' && key !== '') {
    return ({ signal }) => (Object.hasOwn(signal.payload, key) ? signal.payload[key] : null);
  }
  return null;
};

const isRecentMethod = (name: string): name is RecentMethod => Object.hasOwn(RECENT_CALLS, name);

const callReader = (
  method: RecentMethod,
  args: readonly string[],
): ((environment: RuleEnvironment) => string | null) => {
  const [first = '', second = '', third = ''] = args;
  switch (method) {
    case 'count': {
      const windowMs = recentWindowMs(second) ?? 0;
      const same = sameFieldOf(third);
      return ({ recent }) => plainNumber(recent.count(first, windowMs, same));
    }
    case 'distinct': {
      const field = sameFieldOf(first) ?? 'repo';
      const windowMs = recentWindowMs(third) ?? 0;
      return ({ recent }) => plainNumber(recent.distinct(field, second, windowMs));
    }
    case 'since': {
      const same = sameFieldOf(second);
      return ({ recent }) => {
        const ms = recent.since(first, same);
        return ms === null ? null : durationInWords(ms);
      };
    }
  }
};

/** Reads the inside of `{{...}}`. There is no logic: no condition, no loop, no filter. */
export const parseTemplateExpression = (inside: string): Parsed => {
  const source = inside.trim();
  const call = CALL.exec(source);
  if (call !== null) return parseCall(source, call[1] ?? '', call[2] ?? '');
  const read = PATH.test(source) ? pathReader(source) : null;
  if (read === null) return { ok: false, message: `{{${source}}} is not a known variable` };
  return { ok: true, expression: { source, value: (environment) => shown(read(environment)) } };
};

const parseCall = (source: string, method: string, argumentText: string): Parsed => {
  if (!isRecentMethod(method)) return { ok: false, message: `recent.${method} does not exist` };
  const args: string[] = [];
  for (const part of argumentText.split(',')) {
    const value = ARGUMENT.exec(part)?.[1];
    if (value === undefined) return { ok: false, message: `{{${source}}}: arguments are texts in double quotes` };
    args.push(value);
  }
  const fault = faultOfRecentCall(method, args);
  if (fault !== null) return { ok: false, message: `{{${source}}}: ${fault}` };
  return { ok: true, expression: { source, value: callReader(method, args) } };
};
