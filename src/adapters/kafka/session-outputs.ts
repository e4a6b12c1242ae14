import type { SessionOutput, SessionOutputs } from '../../pipeline/ports/partitions.ts';
import { KafkaSessionOutput } from './session-output.ts';
import type { SessionOutputDeps } from './session-output.ts';

/** Opens the way out of a partition's session: a new transactional producer each time. */
export class KafkaSessionOutputs implements SessionOutputs {
  readonly #deps: SessionOutputDeps;

  constructor(deps: SessionOutputDeps) {
    this.#deps = deps;
  }

  async open(partition: number): Promise<SessionOutput> {
    return new KafkaSessionOutput(this.#deps, partition);
  }
}
