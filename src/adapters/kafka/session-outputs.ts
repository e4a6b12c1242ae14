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

  /**
   * All sessions start at once on one admin client, which takes a topic for loaded while its first caller is still loading it: the others then
   * found no partitions, and ended with PARTITIONS_CHANGED or a TypeError. So it is loaded before any of them.
   */
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
