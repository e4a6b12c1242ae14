import type { Fact, Verdict } from '../decision/planned.ts';
import type { SeenTerm } from './condition-changes.ts';
import { changeWords, type Reader } from './change-words.ts';
import type { ExplainedAction, ExplainedPlaybook, Explanation } from './explain.ts';

/** JSON has no place for NaN and infinities, which Avro can bring. */
const factJson = (fact: Fact | undefined): Fact =>
  typeof fact === 'number' && !Number.isFinite(fact) ? String(fact) : (fact ?? null);
const factsJson = (facts: Readonly<Record<string, Fact>>): object =>
  Object.fromEntries(Object.entries(facts).map(([name, fact]) => [name, factJson(fact)]));
const iso = (ms: number | null): string | null =>
  ms !== null && Number.isFinite(ms) ? new Date(ms).toISOString() : null;

const verdictJson = (verdict: Verdict): object =>
  verdict.pass
    ? { gate: verdict.gate, pass: true }
    : {
        gate: verdict.gate,
        pass: false,
        code: verdict.code,
        facts: factsJson(verdict.facts),
        flip: verdict.flip === null ? null : { at: iso(verdict.flip.atMs), change: verdict.flip.change },
      };

const termJson = ({ term, held, value }: SeenTerm): object => ({
  term: term.text,
  held: factJson(held),
  value: factJson(value),
});

const actionJson = (action: ExplainedAction, matched: boolean, reader: Reader): object => ({
  action_id: action.actionId,
  action_type: action.type,
  disposition: action.disposition,
  reason_code: action.reasonCode,
  until: iso(action.untilMs),
  first_veto:
    action.firstVeto === null
      ? null
      : { gate: action.firstVeto.gate, code: action.firstVeto.code, facts: factsJson(action.firstVeto.facts) },
  gates: action.verdicts.map(verdictJson),
  /** The gates of what was no candidate say what they would have said. */
  gates_as_if_matched: !matched || action.disposition === null,
  condition_terms: action.terms.map(termJson),
  smallest_change:
    action.change === null ? null : { ...changeJson(action.change), words: changeWords(action.change, reader) },
});

/** The change as data: what `applyChange` takes, with its moment readable as well. */
const changeJson = (change: NonNullable<ExplainedAction['change']>): object =>
  change.kind === 'time' ? { ...change, at: iso(change.atMs) } : change;

const playbookJson = (playbook: ExplainedPlaybook, reader: Reader): object => ({
  playbook_id: playbook.playbookId,
  playbook_version: playbook.version,
  name: playbook.name,
  tier: playbook.tier,
  matched: playbook.matched,
  triggers: playbook.triggers.map((failed) => ({ fits: failed.length === 0, failed })),
  actions: playbook.actions.map((action) => actionJson(action, playbook.matched, reader)),
});

export const explanationJson = (explanation: Explanation, reader: Reader): object => ({
  result: explanation.result,
  playbooks: explanation.playbooks.map((playbook) => playbookJson(playbook, reader)),
});
