import type { CandidateFacts } from '../candidate-facts.ts';
import type { ContextCause, Fact, Verdict } from '../planned.ts';
import { flipAt, flipWhen, type Gate, pass, veto } from './gate.ts';

/** What a failed release brings with it in its repository: said on top of it, they would be many nudges about one cause. */
const RELEASE_EFFECTS = /^(build_|test_|gate_|detection\.)|^(error_rate|latency)$/;

const factsOf = (rule: string, cause: ContextCause | undefined): Readonly<Record<string, Fact>> => ({
  rule,
  ...(cause === undefined ? {} : { cause: cause.id, repo: cause.repo }),
});

/**
 * The rules that every tenant has. Incident: only playbooks of tier critical, in the whole tenant, or in its repository if it names one. Failed release:
 * its effects in its repository, below tier critical. Change freeze: nothing that would be executed. On call: tiers critical and high.
 */
const builtIn = ({ decision, playbook, compiled }: CandidateFacts): Verdict | null => {
  const { incidentActive, freezeActive, onCall, releaseFailed, causes } = decision.context;
  const { tier } = playbook;
  const causeOf = (kind: ContextCause['kind']): ContextCause | undefined => causes?.find((one) => one.kind === kind);
  if (incidentActive && tier !== 'critical') {
    const cause = causeOf('incident');
    const rule = typeof cause?.repo === 'string' ? 'repository_incident' : 'incident';
    return veto('inhibition', 'incident_active', { ...factsOf(rule, cause), tier }, flipWhen('the incident is over'));
  }
  if (releaseFailed === true && tier !== 'critical' && RELEASE_EFFECTS.test(decision.signal.event_type)) {
    const facts = { ...factsOf('failed_release', causeOf('failed_release')), tier };
    return veto('inhibition', 'release_failed', facts, flipWhen('a release that succeeds or is rolled back'));
  }
  if (freezeActive && compiled.action.type === 'multiplier') {
    const until = decision.freezeUntilMs;
    const facts = { rule: 'freeze', action_type: compiled.action.type, until_ms: until };
    return veto('inhibition', 'freeze_active', facts, until === null ? flipWhen('the freeze is over') : flipAt(until));
  }
  if (onCall && tier !== 'critical' && tier !== 'high') {
    return veto('inhibition', 'on_call', { rule: 'on_call', tier }, flipWhen('the shift is over'));
  }
  return null;
};

/**
 * The tenant's own rules, in the policy's order. One whose condition can not be evaluated mutes: it is there to keep silence, and to speak because it
 * failed would be the permission that nobody gave (G6). A playbook's `when` fails the other way for the same reason.
 */
const named = ({ decision, playbook }: CandidateFacts): Verdict | null => {
  for (const { rule, holds } of decision.inhibitions) {
    if (!rule.mutes.includes(playbook.id) && !rule.mutes.includes(playbook.tier)) continue;
    const result = holds();
    if (!result.met && result.error === null) continue;
    const facts = { rule: rule.name, when: rule.when, ...(result.met ? {} : { error: result.error }) };
    return veto('inhibition', `inhibited:${rule.name}`, facts, flipWhen(`not (${rule.when})`));
  }
  return null;
};

/** Is this a moment in which nobody wants to be nudged? The name of the rule that says so is in the facts, of a tenant's own also in the code. */
export const inhibition: Gate = (candidate) => builtIn(candidate) ?? named(candidate) ?? pass('inhibition');
