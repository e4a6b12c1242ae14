import type { ActorState } from '../../domain/actor-state.ts';

interface Holding {
  readonly state: ActorState;
}

/** What a state costs besides its lists, in rows; a row takes some 250 bytes. */
const ROWS_OF_A_STATE = 8;

const rowsOf = ({ state }: Holding): number =>
  ROWS_OF_A_STATE +
  state.recent.length +
  state.sent.length +
  state.waiting.length +
  state.cards.length +
  state.dismissals.length;

/**
 * States by actor in order of use, bounded by their rows (signals, sent actions, some for the state itself): a limit on their number alone would be
 * gigabytes. The least recently put or touched go first.
 */
export class BoundedStates<S extends Holding> {
  readonly #held = new Map<string, S>();
  readonly #maxRows: number;
  #rows = 0;

  constructor(maxRows: number) {
    this.#maxRows = maxRows;
  }

  get(actor: string): S | undefined {
    return this.#held.get(actor);
  }

  touch(actor: string): void {
    const held = this.#held.get(actor);
    if (held === undefined) return;
    this.#held.delete(actor);
    this.#held.set(actor, held);
  }

  put(actor: string, one: S): void {
    this.drop(actor);
    this.#held.set(actor, one);
    this.#rows += rowsOf(one);
  }

  /** After some were put: not with each, so that those of one batch do not push each other out. */
  trim(): void {
    for (const oldest of this.#held.keys()) {
      if (this.#rows <= this.#maxRows) return;
      this.drop(oldest);
    }
  }

  drop(actor: string): void {
    const held = this.#held.get(actor);
    if (held === undefined) return;
    this.#rows -= rowsOf(held);
    this.#held.delete(actor);
  }

  clear(): void {
    this.#held.clear();
    this.#rows = 0;
  }
}
