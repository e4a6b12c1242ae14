import type { ParseResult } from '@marcbachmann/cel-js';
import type {
  Condition,
  ConditionError,
  ConditionInspector,
  ConditionResult,
  RuleEnvironment,
} from '../../domain/playbook/condition.ts';
import { createCelEnvironment } from './cel-environment.ts';
import type { ConditionDissector } from '../../domain/playbook/condition-dissector.ts';
import { usesOf } from './condition-uses.ts';
import { SOURCE_MAX_BYTES, costFault } from './cost-limits.ts';
import { plainValue, termsOf } from './dissect.ts';
import { LinearRegexes } from './linear-regex.ts';
import { rewrite } from './rewrite.ts';
import type { SyntaxNode } from './syntax-tree.ts';
import { viewOf } from './views.ts';
import type { EnvironmentView } from './views.ts';

type Parsed =
  | { readonly ok: true; readonly program: ParseResult; readonly tree: SyntaxNode }
  | { readonly ok: false; readonly error: ConditionError };

/** The evaluator's error without its drawing of the source: one line for a finding or a trace. */
const summaryOf = (error: unknown): ConditionError => {
  if (!(error instanceof Error)) return { message: String(error), position: null };
  const summary = 'summary' in error && typeof error.summary === 'string' ? error.summary : error.message;
  const range = 'range' in error && typeof error.range === 'object' ? error.range : null;
  const position = range !== null && 'start' in range && typeof range.start === 'number' ? range.start : null;
  return { message: summary.slice(0, 300), position };
};

const fault = (message: string, position: number | null = null): Parsed => ({
  ok: false,
  error: { message, position },
});

/**
 * Compiles conditions in CEL (interface 5): parsed, cost-limited, rewritten and type-checked once; evaluating takes about a microsecond and never
 * throws. The views of an environment are made once for all conditions that look at it in a row.
 */
export const createCelCompiler = (): ConditionInspector & ConditionDissector => {
  const regexes = new LinearRegexes();
  const cel = createCelEnvironment(regexes);
  /** Of the environment asked about last: the conditions of one decision come one after the other, and a map of objects costs more than the views. */
  let last: { readonly environment: RuleEnvironment; readonly view: EnvironmentView } | null = null;

  const parses = (source: string): boolean => {
    try {
      cel.parse(source);
      return true;
    } catch {
      return false;
    }
  };

  /** `anyType`: also what is no condition of its own, as one side of a comparison. */
  const parse = (source: string, anyType = false): Parsed => {
    if (Buffer.byteLength(source) > SOURCE_MAX_BYTES) return fault(`the condition is over ${SOURCE_MAX_BYTES} bytes`);
    try {
      const program = cel.parse(source);
      const tree: SyntaxNode = program.ast;
      const dear = costFault(tree, regexes);
      if (dear !== null) return fault(dear.message, dear.position);
      rewrite(tree);
      const checked = program.check();
      if (!checked.valid) return { ok: false, error: summaryOf(checked.error) };
      if (!anyType && checked.type !== 'bool' && checked.type !== 'dyn')
        return fault(`the condition is a ${checked.type ?? 'value'}, not a bool`);
      return { ok: true, program, tree };
    } catch (error) {
      return { ok: false, error: summaryOf(error) };
    }
  };

  const view = (environment: RuleEnvironment): EnvironmentView => {
    if (last?.environment !== environment) last = { environment, view: viewOf(environment) };
    return last.view;
  };

  const conditionOf = (source: string, program: ParseResult): Condition => ({
    source,
    evaluate: (environment): ConditionResult => {
      try {
        const answer: unknown = program(view(environment));
        if (answer === true) return { met: true };
        return { met: false, error: answer === false ? null : 'the condition did not answer true or false' };
      } catch (error) {
        return { met: false, error: summaryOf(error).message };
      }
    },
  });

  return {
    compile: (source) => {
      const parsed = parse(source);
      return parsed.ok ? { ok: true, condition: conditionOf(source, parsed.program) } : parsed;
    },
    inspect: (source) => {
      const parsed = parse(source);
      return parsed.ok ? { ok: true, uses: usesOf(parsed.tree) } : parsed;
    },
    termsOf: (source) => {
      const parsed = parse(source);
      return parsed.ok ? termsOf(source, parsed.tree, parses) : [];
    },
    valueOf: (source, environment) => {
      const parsed = parse(source, true);
      if (!parsed.ok) return undefined;
      try {
        return plainValue(parsed.program, view(environment));
      } catch {
        // As in a condition: what can not be evaluated has no value.
        return undefined;
      }
    },
  };
};
