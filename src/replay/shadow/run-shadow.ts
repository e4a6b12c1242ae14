import type { ContextFacts } from '../../domain/decision/planned.ts';
import type { IdPort } from '../../domain/ids.ts';
import type { TenantRules } from '../../domain/rules.ts';
import type { TopicReader } from '../../admin/ports/topic-reader.ts';
import type { DecisionsOnFile } from '../items/decisions-on-file.ts';
import { signalsOfRange } from '../items/signals-of-range.ts';
import type { Ground } from '../plan/plan-document.ts';
import { lineFilter, type Selection } from '../plan/selection.ts';
import type { RecordedHistory } from '../recorded-history.ts';
import { RecordedRules } from '../recorded-rules.ts';
import type { RulesDocuments } from '../rules-in-force.ts';
import { type SelectedLine, walkRecorded } from '../walk-recorded.ts';
import { ShadowActor } from './shadow-actor.ts';
import { type ShadowReport, ShadowTally } from './shadow-report.ts';

/** Readers and the pure core: there is no way out of here but the report (G8). */
export interface ShadowDeps {
  readonly history: RecordedHistory;
  readonly onFile: DecisionsOnFile;
  readonly reader: TopicReader;
  readonly ids: IdPort;
  readonly compile: (documents: RulesDocuments) => TenantRules | null;
  readonly noContext: ContextFacts;
}

export interface ShadowRequest {
  readonly tenantId: string;
  readonly selection: Selection;
  readonly rules: 'now' | 'then';
  /** For the rules of now. */
  readonly nowMs: number;
}

/** What a shadow would look at, counted without deciding anything. */
export const shadowGround = async (
  { history, reader, ids }: Pick<ShadowDeps, 'history' | 'reader' | 'ids'>,
  { tenantId, selection }: Pick<ShadowRequest, 'tenantId' | 'selection'>,
): Promise<Ground> => {
  const isSelected = lineFilter(selection, await signalsOfRange(reader, tenantId, selection));
  let [selected, chain, firstMs, lastMs] = [0, '', Infinity, -Infinity];
  for await (const { lines } of history.lines(tenantId, selection)) {
    for (const line of lines.filter(isSelected)) {
      const { actorId, entry } = line;
      selected += 1;
      chain = ids.sha256(
        chain + JSON.stringify([actorId, entry.version, entry.kind, entry.decidedAtMs, line.read, line.signal]),
      );
      firstMs = Math.min(firstMs, entry.decidedAtMs);
      lastMs = Math.max(lastMs, entry.decidedAtMs);
    }
  }
  return {
    ...{ selected, items: selected, byTopic: {}, leftOut: {}, duplicates: 0, late: 0, itemsDigest: `sha256:${chain}` },
    firstMs: selected === 0 ? null : firstMs,
    lastMs: selected === 0 ? null : lastMs,
  };
};

/** Decides the selected signals again, each at its recorded moment, and tells how that differs from what was recorded. */
export const runShadow = async (
  deps: ShadowDeps,
  { tenantId, selection, rules: which, nowMs }: ShadowRequest,
  onProgress: (lines: number) => void = () => undefined,
): Promise<ShadowReport> => {
  const isSelected = lineFilter(selection, await signalsOfRange(deps.reader, tenantId, selection));
  const rules = new RecordedRules(tenantId, await deps.history.rules(tenantId), deps.compile);
  const now = rules.at(nowMs);
  const tally = new ShadowTally(selection.playbookId);
  let actor = new ShadowActor(deps.ids);
  let made: { readonly line: SelectedLine; readonly again: ReturnType<ShadowActor['plan']> }[] = [];
  await walkRecorded(
    deps,
    { tenantId, stretch: selection, isSelected },
    {
      nextActor: () => {
        actor = new ShadowActor(deps.ids);
      },
      other: (entry) => actor.take(entry),
      selected: (line, recorded) => {
        if (recorded === null) {
          tally.notReplayable += 1;
          return actor.take(line.entry);
        }
        made.push({ line, again: actor.plan(line.entry, recorded, which === 'now' ? now : rules.then(line)) });
      },
      piece: async (lines) => {
        const due = made;
        made = [];
        const decided = due.flatMap(({ line }) => line.entry.decisionId ?? []);
        const stored = decided.length === 0 ? null : await deps.onFile.decisions(tenantId, decided);
        for (const { line, again } of due) {
          const { signalId: id, result, decisionId } = line.entry;
          tally.add({ id, result, trace: stored?.get(decisionId ?? '')?.trace ?? null }, again);
        }
        onProgress(lines);
      },
    },
  );
  return tally.report(which);
};
