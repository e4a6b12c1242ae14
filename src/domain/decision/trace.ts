import type { JsonValue } from '../receipt/canonical-json.ts';
import type { Plan, Verdict } from './planned.ts';

const verdictJson = (verdict: Verdict): JsonValue =>
  verdict.pass
    ? { gate: verdict.gate, pass: true }
    : {
        gate: verdict.gate,
        pass: false,
        code: verdict.code,
        facts: verdict.facts,
        flip: verdict.flip === null ? null : { at_ms: verdict.flip.atMs, change: verdict.flip.change },
      };

/** Every candidate with every gate's verdict, in the order they were looked at: what `explain` reads and the receipt holds the digest of. */
export const traceOf = (plan: Plan): JsonValue => ({
  result: plan.result,
  candidates: plan.candidates.map((candidate) => ({
    action_id: candidate.actionId,
    playbook_id: candidate.playbookId,
    playbook_version: candidate.playbookVersion,
    action_type: candidate.actionType,
    tier: candidate.tier,
    disposition: candidate.disposition,
    reason_code: candidate.reasonCode,
    until_ms: candidate.untilMs,
    continues: candidate.continues,
    verdicts: candidate.verdicts.map(verdictJson),
  })),
});
