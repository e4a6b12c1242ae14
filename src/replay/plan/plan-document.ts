import { canonicalJson, type JsonValue } from '../../domain/receipt/canonical-json.ts';
import type { IdPort } from '../../domain/ids.ts';
import type { Selection } from './selection.ts';

/**
 * shadow: decides again and tells the difference; nothing can go out. reconcile: publishes what the outputs lack of what was decided. redeliver: sends
 * stored deliveries, or dead letters, once more; decides nothing.
 */
export const REPLAY_MODES = ['shadow', 'reconcile', 'redeliver'] as const;
export type ReplayMode = (typeof REPLAY_MODES)[number];

/** From planning on. What was counted a day ago says little about today, and a forgotten approval should not work next month. */
export const PLAN_VALID_MS = 24 * 3_600_000;

/** What a plan stands on: counted when it is made, and counted again before it runs. */
export interface Ground {
  /** Signals, or dead letters, that the selection meets. */
  readonly selected: number;
  /** Records that would be sent; for a shadow the signals that would be decided again. */
  readonly items: number;
  readonly byTopic: Readonly<Record<string, number>>;
  /** Selected but not among the items, by reason. */
  readonly leftOut: Readonly<Record<string, number>>;
  /** Items that their readers have had before, or that the journal knows already. */
  readonly duplicates: number;
  /** Dead letters among the items that are too old to nudge anybody. */
  readonly late: number;
  readonly firstMs: number | null;
  readonly lastMs: number | null;
  /** Over every item in its order: ids and bytes. */
  readonly itemsDigest: string;
}

export interface PlanDocument {
  readonly planId: string;
  readonly tenantId: string;
  readonly mode: ReplayMode;
  /** Of a shadow: the rules of now, or those of each signal's time. */
  readonly rules: 'now' | 'then' | null;
  /** Of what sends: records per second at most. */
  readonly ratePerSecond: number | null;
  readonly selection: Selection;
  readonly plannedBy: string;
  readonly plannedAtMs: number;
  readonly ground: Ground;
}

const KIND = 'mmm.replay.plan/1';

/** The bytes that are stored and whose digest is signed. */
export const planText = (document: PlanDocument): string =>
  canonicalJson({ ...(document as unknown as Record<string, JsonValue>), kind: KIND });

/** Null for what is no plan of this release. */
export const planFrom = (text: string): PlanDocument | null => {
  const { kind, ...document } = JSON.parse(text) as PlanDocument & { kind: string };
  return kind === KIND ? document : null;
};

export const planDigest = (ids: Pick<IdPort, 'sha256'>, text: string): string => `sha256:${ids.sha256(text)}`;

const countsMoved = (
  what: string,
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): string[] =>
  [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .sort()
    .filter((name) => (a[name] ?? 0) !== (b[name] ?? 0))
    .map((name) => `${what} ${name.replaceAll('_', ' ')}: ${a[name] ?? 0} then, ${b[name] ?? 0} now`);

/** Rows that were on their way when the plan was made have arrived since: that is no other ground. */
const ON_ITS_WAY = 'still_on_its_way';

const settledGround = (ground: Ground): Ground => {
  const { [ON_ITS_WAY]: _, ...leftOut } = ground.leftOut;
  return { ...ground, leftOut };
};

/** What is not as it was when the plan was made, in words; empty: nothing moved. */
export const groundMoved = (planned: Ground, found: Ground): string[] => {
  const [then, now] = [settledGround(planned), settledGround(found)];
  const moved = [
    ...(then.selected === now.selected ? [] : [`selected: ${then.selected} then, ${now.selected} now`]),
    ...(then.items === now.items ? [] : [`items: ${then.items} then, ${now.items} now`]),
    ...countsMoved('to', then.byTopic, now.byTopic),
    ...countsMoved('left out,', then.leftOut, now.leftOut),
    ...(then.late === now.late ? [] : [`too old to nudge: ${then.late} then, ${now.late} now`]),
    ...(then.duplicates === now.duplicates ? [] : [`duplicates: ${then.duplicates} then, ${now.duplicates} now`]),
  ];
  if (moved.length === 0 && canonicalJson(then) !== canonicalJson(now)) return ['as many, but not the same ones'];
  return moved;
};
