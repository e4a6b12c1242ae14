import type { SessionOutput, SessionOutputs } from '../../pipeline/ports/partitions.ts';
import { logUnavailable } from './client-errors.ts';
import { KafkaSessionOutput } from './session-output.ts';
import type { SessionOutputDeps } from './session-output.ts';

/** Opens the way out of a partition's session: a new transactional producer each time. */
export class KafkaSessionOutputs implements SessionOutputs {
  readonly #deps: SessionOutputDeps;
  #topicsLoaded: Promise<void> | null = null;

  constructor(deps: SessionOutputDeps) {
    this.#deps = deps;
  }

  async open(partition: number): Promise<SessionOutput> {
    await (this.#topicsLoaded ??= this.#loadTopics());
    return new KafkaSessionOutput(this.#deps, partition);
  }

  /** Asked for once, before any session: a topic that is missing is named as such here, and would end a fence as an unavailable log. */
  async #loadTopics(): Promise<void> {
    const { admin, names } = this.#deps;
    try {
      for (const topic of ['mmm.signals', 'mmm.outbox'] as const) await admin.fetchTopicOffsets(names.topic(topic));
    } catch (error) {
      this.#topicsLoaded = null;
      throw logUnavailable(error);
    }
  }
}
