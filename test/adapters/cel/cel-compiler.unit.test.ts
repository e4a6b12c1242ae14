import { describe, expect, test } from '@jest/globals';
import { createCelCompiler } from '../../../src/adapters/cel/cel-compiler.ts';
import { emptyState } from '../../../src/domain/actor-state.ts';
import type { Recent, RuleEnvironment } from '../../../src/domain/playbook/condition.ts';
import { recentOf } from '../../../src/domain/playbook/recent.ts';
import type { MmmSignalInput } from '../../../src/generated/records.ts';
import { HOUR, NOON, aSignal } from '../../domain/decision/given.ts';

const compiler = createCelCompiler();

const environment = (change: Partial<MmmSignalInput> = {}): RuleEnvironment => {
  const payload = { test_files: 0, files_changed: 12.5, title: 'Fix the fix', is_fix: true, 'nested.key': 3 };
  const signal = aSignal({ payload, file_path: 'src/a.ts', branch: null, ...change });
  const earlier = {
    atMs: NOON - 2 * HOUR,
    type: 'commit_pushed',
    repo: 'org/app',
    branch: null,
    file: 'src/a.ts',
    subject: null,
  };
  return {
    signal,
    actor: { id: 'dev1', type: 'human', roles: ['developer', 'lead'] },
    context: {
      repo_id: 'org/app',
      branch: null,
      file_path: 'src/a.ts',
      incident_active: false,
      freeze_active: true,
      on_call: false,
      release_failed: false,
    },
    recent: recentOf({ ...emptyState(null), recent: [earlier] }, signal),
  };
};

const ask = (source: string, at: RuleEnvironment = environment()): unknown => {
  const compiled = compiler.compile(source);
  return compiled.ok ? compiled.condition.evaluate(at) : { refused: compiled.error.message };
};

describe('met', () => {
  test.each([
    'signal.payload.test_files == 0 && recent.count("commit_pushed", "7d") >= 2',
    'signal.payload.files_changed > 12 && signal.payload.files_changed <= 12.5',
    'signal.payload.files_changed + 1 == 13.5 && -1 < signal.payload.test_files',
    'signal.payload.files_changed * 2 == 25 && signal.payload.files_changed % 2 == 0.5',
    'signal.payload.test_files in [0, 1] && 1 / 2 == 0.5',
    'signal.payload["nested.key"] == 3',
    'size(signal.payload.title) == 11 && size(actor.roles) + 1 > 2',
    'actor.roles[0] == "developer" && "lead" in actor.roles && actor.roles.exists(r, r == "lead")',
    'signal.payload.title.substring(0, 3) == "Fix"',
    'has(signal.file_path) && !has(signal.branch) && !has(signal.payload.nope)',
    'context.freeze_active && !context.on_call && context.repo_id == "org/app"',
    'recent.count("commit_*", "1h") == 1 && recent.count("commit_pushed", "7d", "file") == 2',
    'recent.distinct("file", "*", "30d") == 1',
    'recent.since("commit_pushed") == duration("2h") && recent.since("commit_pushed") > duration("90m")',
    'recent.since("pr_merged") == null && !(recent.since("pr_merged") < duration("1h"))',
    'signal.payload.title.matches("(?i)^fix.*fix$") && signal.file_path.matches("\\\\.ts$")',
    'timestamp(signal.occurred_at).getHours() == 12',
    'signal.payload.is_fix ? true : false',
    'signal.severity in ["info", "low"] && signal.event_type.startsWith("commit_")',
    'recent.count("commit_pushed", "7d") / 2 == 1',
    'false || signal.payload.is_fix',
  ])('%s', (source) => {
    expect(ask(source)).toEqual({ met: true });
  });
});

describe('an error or a missing key is not met, said with its text', () => {
  test.each([
    ['signal.payload.nope == 0', 'No such key: nope'],
    ['signal.branch == "main"', 'No such key: branch'],
    ['signal.payload.title > 3', 'no such overload: dyn<string> > double'],
    ['signal.payload.title', 'the condition did not answer true or false'],
    ['signal.payload.constructor == 1', 'No such key: constructor'],
    ['signal.payload["__proto__"] == 1', 'No such key: __proto__'],
    ['signal.payload.toString == 1', 'No such key: toString'],
    ['actor.roles[7] == "x"', 'No such key: index out of bounds, index 7 >= size 2'],
  ])('%s: %s', (source, error) => {
    expect(ask(source)).toEqual({ met: false, error });
  });
  test('not met without an error says so', () => {
    expect(ask('signal.payload.test_files > 0')).toEqual({ met: false, error: null });
  });
});

describe('is refused before it is ever evaluated', () => {
  const within = (depth: number): string => `${'('.repeat(depth)}true${')'.repeat(depth)}`;
  test.each([
    ['over 2 KB', `"${'x'.repeat(2048)}" == "y"`],
    ['deep nesting', within(200)],
    ['deep negation', `${'!'.repeat(500)}true`],
    ['too many nodes', Array.from({ length: 300 }, (_, at) => `${at}==${at}`).join('&&')],
    ['a long list', `1 in [${Array.from({ length: 200 }, () => 1).join(',')}]`],
    ['comprehensions within each other', 'signal.payload.all(a, signal.payload.all(b, a == b))'],
    ["a comprehension within another one's range", 'actor.roles.filter(a, actor.roles.exists(b, a == b)).size() == 1'],
    ['many comprehensions', '["a"].all(x, true) && ["a"].all(x, true) && ["a"].all(x, true)'],
    ['a list bomb by map', '[1].map(x, [x, x]).map(x, [x, x]).size() > 0'],
    ['a bomb by bind', 'cel.bind(a, [1, 2], cel.bind(b, a + a, b.size() > 0))'],
    ['reading raw bytes', 'bytes("x").size() == 1'],
    ['__proto__', 'signal.__proto__ == null'],
    ['constructor', 'signal.constructor == null'],
    ['constructor by index', 'signal["constructor"] == null'],
    ['the inside of recent', 'recent.recent.signals.size() > 0'],
    ['a prototype of a function', 'recent.count.constructor("x") == 1'],
    ['a transport id', 'signal.trace_parent == "x"'],
    ['a misspelt field', 'signal.sevrity == "high"'],
    ['an unknown variable', 'process.env == null'],
    ['the clock', 'now() > timestamp("2020-01-01T00:00:00Z")'],
    ['no bool', 'signal.severity'],
    ['an unknown method', 'recent.score("x") > 1'],
    ['a window over 30 days', 'recent.count("x", "31d") > 1'],
    ['a window that is none', 'recent.count("x", "soon") > 1'],
    ['a window from the signal', 'recent.count("x", signal.event_type) > 1'],
    ['an unknown sameness', 'recent.count("x", "7d", "author") > 1'],
    ['a pattern from the signal', '"a".matches(signal.payload.title)'],
    ['a pattern that is none', '"a".matches("(")'],
    ['a pattern with a back reference', '"a".matches("(a)\\\\1")'],
    ['a pattern that unfolds', '"a".matches("((a{100}){100}){100}")'],
    ['a long pattern', `"a".matches("${'a'.repeat(300)}")`],
    ['a syntax error', 'signal.payload. == 1'],
    ['nothing', ''],
  ])('%s', (_name, source) => {
    expect(ask(source)).toEqual({ refused: expect.any(String) });
  });
  test('the place of a fault is told', () => {
    expect(compiler.compile('true && recent.count("x", "31d") > 1')).toMatchObject({
      ok: false,
      error: { position: 8 },
    });
  });
});

test('a pattern that ruins a backtracking engine is answered at once', () => {
  const title = `${'a'.repeat(5_000)}!`;
  expect(ask('signal.payload.title.matches("^(a+)+$")', environment({ payload: { title } }))).toEqual({
    met: false,
    error: null,
  });
});

test('two passes over the largest payload end', () => {
  const payload = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`key_${at}`, at]));
  const source = 'signal.payload.all(k, k.matches("^key_[0-9]+$")) && signal.payload.exists(k, k == "key_499")';
  expect(ask(source, environment({ payload }))).toEqual({ met: true });
});

test('nothing of recent is computed until a condition asks', () => {
  let asked = 0;
  const recent: Recent = {
    count: () => (asked += 1),
    distinct: () => (asked += 1),
    since: () => (asked += 1),
    get signals() {
      asked += 1;
      return [];
    },
  };
  const at = { ...environment(), recent };
  expect(ask('signal.payload.test_files == 0', at)).toEqual({ met: true });
  expect(ask('signal.payload.test_files > 0 && recent.count("x", "7d") > 0', at)).toEqual({ met: false, error: null });
  expect(asked).toBe(0);
});

test('one compiled condition answers for each environment by itself', () => {
  const compiled = compiler.compile('signal.payload.test_files == 0');
  if (!compiled.ok) throw new Error(compiled.error.message);
  const answers = [0, 1, 0].map(
    (test_files) => compiled.condition.evaluate(environment({ payload: { test_files } })).met,
  );
  expect(answers).toEqual([true, false, true]);
});

test('inspect tells what a condition reads', () => {
  const source =
    'signal.payload.tset_files == 0 && signal.payload["a.b"] > 1 && signal.severity >= "high" && recent.count("comit_*", "7d") > 1 && has(signal.branch) && recent.distinct("file", "pr_merged", "7d") > 0';
  expect(compiler.inspect(source)).toEqual({
    ok: true,
    uses: {
      paths: ['signal.payload.tset_files', 'signal.payload.a.b', 'signal.severity', 'signal.branch'],
      recentTypes: ['comit_*', 'pr_merged'],
      comparisons: [{ path: 'signal.severity', operator: '>=', literal: 'high' }],
      wanted: [
        { path: 'signal.payload.tset_files', type: 'number', operator: '==' },
        { path: 'signal.payload.a.b', type: 'number', operator: '>' },
        { path: 'signal.severity', type: 'string', operator: '>=' },
      ],
    },
  });
});

test('inspect tells what type each place wants', () => {
  const source =
    '!signal.payload.a && (signal.payload.b || -3 < signal.payload.c * 2) && signal.severity in ["high", "low"]';
  const inspected = compiler.inspect(source);
  if (!inspected.ok) throw new Error(inspected.error.message);
  const { comparisons, wanted } = inspected.uses;
  expect(comparisons.map(({ operator, literal }) => `${operator} ${literal}`)).toEqual(['in high', 'in low']);
  expect(wanted.map(({ path, type, operator }) => `${path} ${operator} ${type}`).sort()).toEqual([
    'signal.payload.a ! boolean',
    'signal.payload.b || boolean',
    'signal.payload.c * number',
  ]);
});
