import type { SentAction } from '../actor-state.ts';
import type { CandidateFacts } from './candidate-facts.ts';

/**
 * One charge per action, however many surfaces. What is suppressed or put off charges nothing (D-60), and a revision neither. An item of a digest is
 * an action like any other: what a cap promises is how much a person is asked to read, not how often the bell rings, and a digest of twenty would
 * keep the second promise only. What has no room goes on waiting, by priority.
 */
export const chargeOf = ({ decision, playbook, compiled }: CandidateFacts): SentAction => ({
  actionType: compiled.action.type,
  atMs: decision.decidedAtMs,
  playbookId: playbook.id,
  repo: decision.signal.repo_id,
  subject: decision.subject,
});
