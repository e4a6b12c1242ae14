import type { PlaybookAction } from './model.ts';
import type { PlaybookChange } from './playbook-change.ts';

interface Placed {
  readonly action: PlaybookAction;
  readonly path: string;
  /** `mirror`, `mentor 2`: the second mentor. */
  readonly name: string;
}

/** Actions are told apart by type and turn: a text that was rewritten is the same action with another text. */
const placed = (actions: readonly PlaybookAction[]): readonly Placed[] => {
  const counts = new Map<string, number>();
  return actions.map((action, at) => {
    const turn = (counts.get(action.type) ?? 0) + 1;
    counts.set(action.type, turn);
    return { action, path: `actions[${at}]`, name: turn === 1 ? action.type : `${action.type} ${turn}` };
  });
};

const PARTS: readonly (readonly [string, string, (action: PlaybookAction) => string | null])[] = [
  ['template.title', 'title', ({ template }) => template?.title ?? null],
  ['template.body', 'body', ({ template }) => template?.body ?? null],
  ['rationale.why_relevant', 'reason', ({ rationale }) => rationale?.whyRelevant ?? null],
  ['rationale.evidence', 'evidence', ({ rationale }) => rationale?.evidence.join(', ') ?? null],
  ['model.system_prompt_id', 'model text by', ({ model }) => model?.systemPromptId ?? null],
];

const quoted = (text: string | null): string => (text === null ? 'none' : JSON.stringify(text));

const diffTexts = (one: Placed, other: Placed): readonly PlaybookChange[] =>
  PARTS.flatMap(([path, label, read]) => {
    const [before, after] = [read(one.action), read(other.action)];
    if (before === after) return [];
    // A card shows its reason below the body only for advice and offers; where it is shown is where it changed.
    const where = other.action.surfaces.filter((surface) => one.action.surfaces.includes(surface)).join(', ');
    const words = `${other.name}${where === '' ? '' : ` on ${where}`}: ${label} ${quoted(before)} -> ${quoted(after)}`;
    return [{ area: 'text', path: `${other.path}.${path}`, before, after, words }];
  });

const diffSurfaces = (one: Placed, other: Placed): readonly PlaybookChange[] => {
  const change = (surface: string, added: boolean): PlaybookChange => ({
    area: 'surface',
    path: `${other.path}.surfaces`,
    before: added ? null : surface,
    after: added ? surface : null,
    words: added ? `${other.name} now also appears on ${surface}` : `${other.name} no longer appears on ${surface}`,
  });
  return [
    ...one.action.surfaces
      .filter((surface) => !other.action.surfaces.includes(surface))
      .map((surface) => change(surface, false)),
    ...other.action.surfaces
      .filter((surface) => !one.action.surfaces.includes(surface))
      .map((surface) => change(surface, true)),
  ];
};

const approvals = ({ dualChannel }: PlaybookAction): string =>
  dualChannel ? "the person's consent and a second person's approval" : "the person's consent";

const diffConsent = (one: Placed, other: Placed): readonly PlaybookChange[] => {
  if (other.action.type !== 'multiplier') return [];
  const [before, after] = [one.action, other.action];
  return [
    ...(before.actionRef === after.actionRef
      ? []
      : [
          {
            area: 'consent' as const,
            path: `${other.path}.action_ref`,
            before: before.actionRef,
            after: after.actionRef,
            words: `${other.name}: consent is now asked for ${quoted(after.actionRef)}, was ${quoted(before.actionRef)}`,
          },
        ]),
    ...(before.dualChannel === after.dualChannel
      ? []
      : [
          {
            area: 'consent' as const,
            path: `${other.path}.dual_channel`,
            before: approvals(before),
            after: approvals(after),
            words: `${other.name} now needs ${approvals(after)}, needed ${approvals(before)}`,
          },
        ]),
  ];
};

const inShort = ({ action, name }: Placed): string => {
  const title = action.template?.title ?? action.actionRef ?? action.model?.systemPromptId ?? '';
  const consent = action.type === 'multiplier' ? `; it runs only with ${approvals(action)}` : '';
  return `${name} on ${action.surfaces.join(', ')}: ${JSON.stringify(title)}${consent}`;
};

/** Actions that came, went, say something else, appear elsewhere or ask for another consent. */
export const diffActions = (
  before: readonly PlaybookAction[],
  after: readonly PlaybookAction[],
): readonly PlaybookChange[] => {
  const [old, fresh] = [placed(before), placed(after)];
  const gone = old.filter(({ name }) => !fresh.some((other) => other.name === name));
  return [
    ...gone.map((one): PlaybookChange => ({
      area: 'action',
      path: one.path,
      before: inShort(one),
      after: null,
      words: `no longer says ${inShort(one)}`,
    })),
    ...fresh.flatMap((other): readonly PlaybookChange[] => {
      const one = old.find(({ name }) => name === other.name);
      if (one === undefined)
        return [
          {
            area: 'action',
            path: other.path,
            before: null,
            after: inShort(other),
            words: `now also says ${inShort(other)}`,
          },
        ];
      return [...diffSurfaces(one, other), ...diffTexts(one, other), ...diffConsent(one, other)];
    }),
  ];
};
