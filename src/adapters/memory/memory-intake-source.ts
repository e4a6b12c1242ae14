import { MmmError } from '../../errors.ts';
import type { IntakeHandler, IntakeSource, RawRecord, SourceHealth } from '../../pipeline/ports/intake.ts';

/** Raw records handed in one batch at a time; `put` resolves when the stage has settled them. */
export class MemoryIntakeSource implements IntakeSource {
  #handler: IntakeHandler | null = null;
  readonly #positions = new Map<string, bigint>();

  start(handler: IntakeHandler): Promise<void> {
    this.#handler = handler;
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.#handler = null;
    return Promise.resolve();
  }

  health(): SourceHealth {
    return { joined: this.#handler !== null, detail: 'memory' };
  }

  async put(channel: string, records: readonly Omit<RawRecord, 'channel' | 'lane' | 'position'>[]): Promise<void> {
    if (this.#handler === null) throw new MmmError('INTERNAL_ERROR', 'the intake is not started');
    const first = this.#positions.get(channel) ?? 0n;
    this.#positions.set(channel, first + BigInt(records.length));
    await this.#handler(
      records.map((record, index) => ({ ...record, channel, lane: 0, position: first + BigInt(index) })),
    );
  }
}
