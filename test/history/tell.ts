import { uuidIds } from '../../src/adapters/ids/uuid-ids.ts';
import type { ActorProfile } from '../../src/domain/actor-state.ts';
import type { PlaybookVersion } from '../../src/domain/compile-rules.ts';
import type { OutcomeReport } from '../../src/domain/outcome.ts';
import type { MmmSignalInput } from '../../src/generated/records.ts';
import { DecideAgain, type Expected, type Step } from './decide-again.ts';

/** A step with what it gave when it was recorded. */
export type Line = Step & { readonly expect: Expected };

export const mirror = {
  type: 'mirror',
  surfaces: ['ide', 'ci'],
  template: { title: 'A push', body: '{{signal.payload.files_changed}} files.' },
};
export const mentor = {
  type: 'mentor',
  surfaces: ['ide'],
  template: { title: 'A thought on tests', body: 'A small test now is cheap.' },
};
export const multiplier = {
  type: 'multiplier',
  surfaces: ['ide'],
  action_ref: 'add-test-skeleton',
  template: { title: 'Add a test', body: 'On a click.' },
};

export const playbook = (
  id: string,
  change: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> => ({
  id,
  name: id,
  description: id,
  owner: 'history',
  triggers: [{ event_type: 'commit_pushed' }],
  actions: [mirror],
  ...change,
});

/** Tells a history: makes each step of what happens, decides it, and keeps what it gave. */
export class Telling {
  readonly lines: Line[] = [];
  readonly #again = new DecideAgain();
  readonly #versions = new Map<string, number>();
  #tenant = '';
  #at = '';
  #signals = 0;
  #outcomes = 0;

  /** From now on this tenant's rules are these. Quiet hours are off unless the policy has some. */
  async rules(
    tenant: string,
    at: string,
    playbooks: readonly (object | PlaybookVersion)[],
    policy: Readonly<Record<string, unknown>> = {},
    experiments: readonly object[] = [],
    onHold = false,
  ): Promise<void> {
    this.#tenant = tenant;
    const version = (this.#versions.get(tenant) ?? 0) + 1;
    this.#versions.set(tenant, version);
    await this.#take({
      at: this.#moment(at),
      step: 'rules',
      policy: { id: tenant, unknown_actors: 'allow', quiet_hours: { start: '00:00', end: '00:00' }, ...policy },
      version,
      playbooks: playbooks.map((one) => ('document' in one ? one : { document: one, version: 1 })),
      experiments: experiments.map((document) => ({ document, status: onHold ? 'hold' : 'active' })),
    });
  }

  async profile(
    actor: string,
    change: Partial<ActorProfile> = {},
    preferences: Partial<ActorProfile['preferences']> = {},
  ): Promise<void> {
    await this.#take({
      at: this.#at,
      step: 'profile',
      tenant: this.#tenant,
      actor,
      profile: {
        roles: ['developer'],
        timeZone: null,
        ...change,
        preferences: { optOutCategories: [], preferredSurfaces: null, snoozeUntilMs: null, ...preferences },
      },
    });
  }

  async signal(at: string, change: Partial<MmmSignalInput> = {}): Promise<void> {
    this.#signals += 1;
    const moment = this.#moment(at);
    const name = `history-${this.#signals}`;
    await this.#take({
      at: moment,
      step: 'signal',
      signal: {
        signal_id: uuidIds.uuid5('signal', name),
        source_signal_id: name,
        tenant_id: this.#tenant,
        actor_id: 'dev1',
        actor_type: 'human',
        source: 'pm3',
        event_type: 'commit_pushed',
        severity: 'info',
        occurred_at: moment,
        received_at: moment,
        repo_id: 'org/app',
        branch: 'main',
        commit: null,
        file_path: null,
        environment: null,
        plane: null,
        evaluation_point: null,
        subject: null,
        surface_hint: null,
        payload: { files_changed: 7, test_files: 0 },
        trace_parent: null,
        origin: { topic: 'pm3.signals.normalized', partition: 0, offset: String(this.#signals) },
        ...change,
      },
    });
  }

  async due(at: string): Promise<void> {
    await this.#take({ at: this.#moment(at), step: 'due' });
  }

  /** Of the first action that the last signal sent. */
  async outcome(at: string, result: OutcomeReport['result'], change: Partial<OutcomeReport> = {}): Promise<void> {
    const [action] = this.#again.sent();
    if (action === undefined) throw new Error('nothing was sent that anything could become of');
    this.#outcomes += 1;
    const moment = this.#moment(at);
    const report = {
      outcomeId: `outcome-${this.#outcomes}`,
      ...action,
      result,
      reason: null,
      occurredAtMs: Date.parse(moment),
      ...change,
    };
    await this.#take({ at: moment, step: 'outcome', report });
  }

  /** `12:00` is of the day of the last full moment. */
  #moment(at: string): string {
    this.#at = new Date(at.includes('T') ? at : `${this.#at.slice(0, 10)}T${at}:00Z`).toISOString();
    return this.#at;
  }

  async #take(step: Step): Promise<void> {
    this.lines.push({ ...step, expect: await this.#again.take(step) });
  }
}
