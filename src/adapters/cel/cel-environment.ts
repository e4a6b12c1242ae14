import { Environment } from '@marcbachmann/cel-js';
import { Duration } from '@marcbachmann/cel-js/evaluator';
import { recentWindowMs, sameFieldOf } from '../../domain/playbook/recent-arguments.ts';
import { ACTOR_FIELDS, CONTEXT_FIELDS, SIGNAL_FIELDS, SUBJECT_FIELDS } from '../../domain/playbook/signal-view.ts';
import { PARSER_LIMITS } from './cost-limits.ts';
import type { LinearRegexes } from './linear-regex.ts';
import { ActorView, ContextView, RecentView, SignalView, SubjectView } from './views.ts';

/** What `matches` is called after the rewriting: the evaluator refuses a second function under its own name. */
export const LINEAR_MATCHES = 'linearMatches';

const DURATION = 'google.protobuf.Duration';
const NUMBER_OPERATORS: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
};

const registerTypes = (environment: Environment): void => {
  environment
    .registerType('Subject', { ctor: SubjectView, fields: { ...SUBJECT_FIELDS } })
    .registerType('Signal', {
      ctor: SignalView,
      fields: { ...SIGNAL_FIELDS, subject: 'Subject', payload: 'map<string, dyn>' },
    })
    .registerType('Actor', { ctor: ActorView, fields: { ...ACTOR_FIELDS } })
    .registerType('RuleContext', { ctor: ContextView, fields: { ...CONTEXT_FIELDS } })
    .registerType('Recent', { ctor: RecentView, fields: {} })
    .registerVariable('signal', 'Signal')
    .registerVariable('actor', 'Actor')
    .registerVariable('context', 'RuleContext')
    .registerVariable('recent', 'Recent');
};

/** The only ints left after the rewriting come from functions (size, getHours, int): they mix with doubles as a writer expects. */
const registerNumbers = (environment: Environment): void => {
  environment.registerOperator('int == double: bool', (a: bigint, b: number) => Number(a) === b);
  for (const [operator, apply] of Object.entries(NUMBER_OPERATORS)) {
    const mixed = (a: bigint | number, b: bigint | number): number => apply(Number(a), Number(b));
    environment.registerOperator(`int ${operator} double: double`, mixed);
    environment.registerOperator(`double ${operator} int: double`, mixed);
  }
  environment.registerOperator('double % double: double', (a: number, b: number) => a % b);
};

/** `recent.since(x)` is null when there was none: then no comparison of it holds, and it is no error. */
const registerAbsentDuration = (environment: Environment): void => {
  for (const operator of ['<', '<=', '>', '>=']) {
    environment.registerOperator(`null ${operator} ${DURATION}: bool`, () => false);
    environment.registerOperator(`${DURATION} ${operator} null: bool`, () => false);
  }
};

// Arguments were checked as literals before (cost-limits.ts); the fallbacks can not be reached and permit nothing.
const registerRecent = (environment: Environment): void => {
  const count = (view: RecentView, type: string, window: string, same?: string): number =>
    view.recent.count(type, recentWindowMs(window) ?? 0, same === undefined ? null : sameFieldOf(same));
  const distinct = (view: RecentView, field: string, type: string, window: string): number =>
    view.recent.distinct(sameFieldOf(field) ?? 'repo', type, recentWindowMs(window) ?? 0);
  const since = (view: RecentView, type: string, same?: string): Duration | null => {
    const ms = view.recent.since(type, same === undefined ? null : sameFieldOf(same));
    return ms === null ? null : Duration.fromMilliseconds(ms);
  };
  environment
    .registerFunction('Recent.count(string, string): double', count)
    .registerFunction('Recent.count(string, string, string): double', count)
    .registerFunction('Recent.distinct(string, string, string): double', distinct)
    .registerFunction('Recent.since(string): dyn', since)
    .registerFunction('Recent.since(string, string): dyn', since);
};

/** The CEL environment of interface 5: signal, actor, context, recent; no clock, no randomness. Making one takes a millisecond, so once per process. */
export const createCelEnvironment = (regexes: LinearRegexes): Environment => {
  const environment = new Environment({ homogeneousAggregateLiterals: false, limits: PARSER_LIMITS });
  registerTypes(environment);
  registerNumbers(environment);
  registerAbsentDuration(environment);
  registerRecent(environment);
  return environment.registerFunction(`string.${LINEAR_MATCHES}(string): bool`, (text: string, pattern: string) =>
    regexes.test(text, pattern),
  );
};
