import { JITTER_MAX_MS } from '../../domain/decision/deferral.ts';
import type { Plan, PlannedAction, PlannedCandidate, SurfacePayload } from '../../domain/decision/planned.ts';
import { SURFACES } from '../../domain/vocabulary.ts';
import { momentOf } from './moment.ts';
import type { Difference, Expected, ExpectedAction, ExpectedCandidate, ExpectedText, Texts } from './scenario.ts';

type Found = string | number | boolean | null | undefined;

const shown = (value: Found): string => (value === undefined ? 'nothing' : JSON.stringify(value));

const equal = (path: string, expected: Found, found: Found): readonly Difference[] =>
  expected === undefined || expected === found ? [] : [{ path, expected: shown(expected), found: shown(found) }];

const listOf = (texts: Texts): readonly string[] => (typeof texts === 'string' ? [texts] : texts);

const contains = (path: string, expected: Texts | undefined, found: string | null): readonly Difference[] =>
  expected === undefined
    ? []
    : listOf(expected)
        .filter((text) => found?.includes(text) !== true)
        .map((text) => ({ path, expected: `contains ${shown(text)}`, found: shown(found) }));

const lists = (
  path: string,
  expected: readonly string[] | undefined,
  found: readonly string[],
): readonly Difference[] => equal(path, expected?.join(', '), found.join(', '));

const nameOf = ({ playbook, action }: { readonly playbook: string; readonly action: string }): string =>
  `${playbook} ${action}`;

const iso = (ms: number): string => new Date(ms).toISOString();

/** Everyone's deferrals are spread over the minutes after the moment itself. */
const until = (
  path: string,
  expected: string | undefined,
  found: number | null,
  nowMs: number,
): readonly Difference[] => {
  if (expected === undefined) return [];
  const fromMs = momentOf(expected, nowMs);
  if (found !== null && found >= fromMs && found < fromMs + JITTER_MAX_MS) return [];
  return [{ path, expected: `within ten minutes from ${iso(fromMs)}`, found: found === null ? 'nothing' : iso(found) }];
};

const compareCandidate = (
  path: string,
  expected: ExpectedCandidate,
  found: PlannedCandidate,
  nowMs: number,
): readonly Difference[] => [
  ...equal(`${path}.version`, expected.version, found.playbookVersion),
  ...equal(`${path}.disposition`, expected.disposition, found.disposition),
  ...equal(`${path}.reason`, expected.reason, found.reasonCode),
  ...until(`${path}.until`, expected.until, found.untilMs, nowMs),
  ...Object.entries(expected.gates ?? {}).flatMap(([gate, code]) => {
    const verdict = found.verdicts.find((one) => one.gate === gate);
    const said = verdict === undefined ? undefined : verdict.pass ? 'pass' : verdict.code;
    return equal(`${path}.gates.${gate}`, code, said);
  }),
];

const compareText = (
  path: string,
  expected: ExpectedText,
  found: SurfacePayload | undefined,
): readonly Difference[] => {
  if (found === undefined) return [{ path, expected: 'a text', found: 'nothing' }];
  const whole = `${found.title}\n${found.body}`;
  return [
    ...contains(`${path}.title`, expected.title, found.title),
    ...contains(`${path}.body`, expected.body, found.body),
    ...listOf(expected.without ?? [])
      .filter((text) => whole.includes(text))
      .map((text) => ({ path: `${path}.without`, expected: `not ${shown(text)}`, found: shown(whole) })),
    ...equal(`${path}.variant`, expected.variant, found.variant),
  ];
};

const compareAction = (path: string, expected: ExpectedAction, found: PlannedAction): readonly Difference[] => [
  ...lists(`${path}.surfaces`, expected.surfaces, found.surfaces),
  ...SURFACES.flatMap((surface) => {
    const text = expected.on?.[surface];
    return text === undefined ? [] : compareText(`${path}.on.${surface}`, text, found.payloads[surface]);
  }),
  ...contains(`${path}.why`, expected.why, found.rationale.whyRelevant),
  ...contains(`${path}.reason`, expected.reason, found.reason),
  ...contains(`${path}.baseline`, expected.baseline, found.rationale.baselineComparison),
  ...contains(`${path}.opt_out`, expected.opt_out, found.optOutHint),
  ...lists(
    `${path}.evidence`,
    expected.evidence,
    found.rationale.evidenceLinks.map(({ type }) => type),
  ),
  ...equal(`${path}.requires_consent`, expected.requires_consent, found.requiresConsent),
  ...equal(`${path}.dual_channel`, expected.dual_channel, found.dualChannelRequired),
  ...equal(`${path}.action_ref`, expected.action_ref, found.actionRef),
];

/** Same things in the same order, or what is there instead; only then is each compared. */
const inOrder = <E extends { readonly playbook: string; readonly action: string }, F>(
  path: string,
  expected: readonly E[],
  found: readonly F[],
  name: (found: F) => string,
  compare: (path: string, expected: E, found: F) => readonly Difference[],
): readonly Difference[] => {
  const differences = lists(path, expected.map(nameOf), found.map(name));
  if (differences.length > 0) return differences;
  return expected.flatMap((one, at) => {
    const other = found[at];
    return other === undefined ? [] : compare(`${path}[${at}]`, one, other);
  });
};

/** Everything in which a decision made at `nowMs` differs from what a scenario says; what it does not say is free. */
export const differencesOf = (expected: Expected, plan: Plan, nowMs: number): readonly Difference[] => [
  ...equal('result', expected.result, plan.result),
  ...(expected.candidates === undefined
    ? []
    : inOrder(
        'candidates',
        expected.candidates,
        plan.candidates,
        ({ playbookId, actionType }) => nameOf({ playbook: playbookId, action: actionType }),
        (path, one, candidate) => compareCandidate(path, one, candidate, nowMs),
      )),
  ...(expected.said === undefined
    ? []
    : inOrder(
        'said',
        expected.said,
        plan.actions,
        ({ playbookId, type }) => nameOf({ playbook: playbookId, action: type }),
        compareAction,
      )),
];
