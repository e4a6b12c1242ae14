/** What a merge brought in: commits of the merged side, and when the first of them was made. */
export interface MergedBranch {
  readonly commits: number;
  readonly firstCommittedAtMs: number;
}

const MAINLINE = 1;
const BRANCH = 2;

/**
 * The graph of the commits seen so far, numbered in the order they came (parents before children), so that what a merge brought in can be counted
 * without asking git once per merge: 5,000 merges would be 5,000 processes.
 */
export class BranchGraph {
  readonly #numberOf = new Map<string, number>();
  readonly #parents: (readonly number[])[] = [];
  readonly #times: number[] = [];

  /** Parents that were never seen (shallow clone) count as absent. */
  add(id: string, parents: readonly string[], committedAtMs: number): void {
    this.#numberOf.set(id, this.#times.length);
    this.#parents.push(parents.flatMap((parent) => this.#numberOf.get(parent) ?? []));
    this.#times.push(committedAtMs);
  }

  /**
   * Commits reachable from the later parents and not from the first. Walks down by number from both sides and stops when only commits of the
   * first parent's side are left: children have higher numbers, so a commit's side is known when it is reached.
   */
  mergedBy(parents: readonly string[]): MergedBranch {
    const [first, ...others] = parents.map((parent) => this.#numberOf.get(parent));
    const sides = new Map<number, number>();
    const heap = new MaxHeap();
    let branchesOpen = 0;
    const mark = (number: number | undefined, side: number): void => {
      if (number === undefined) return;
      const before = sides.get(number) ?? 0;
      if ((before | side) === before) return;
      if (before === 0) heap.push(number);
      if (before === 0 && side === BRANCH) branchesOpen += 1;
      if (before === BRANCH) branchesOpen -= 1;
      sides.set(number, before | side);
    };
    mark(first, MAINLINE);
    for (const other of others) mark(other, BRANCH);

    let commits = 0;
    let firstCommittedAtMs = Number.POSITIVE_INFINITY;
    while (branchesOpen > 0) {
      const number = heap.pop();
      const side = sides.get(number)!;
      if (side === BRANCH) {
        branchesOpen -= 1;
        commits += 1;
        firstCommittedAtMs = Math.min(firstCommittedAtMs, this.#times[number]!);
      }
      for (const parent of this.#parents[number]!) mark(parent, side === BRANCH ? BRANCH : MAINLINE);
    }
    return { commits, firstCommittedAtMs };
  }
}

/** Largest number first. Numbers are pushed once each. */
class MaxHeap {
  readonly #items: number[] = [];

  push(item: number): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      if (items[up]! >= item) break;
      items[at] = items[up]!;
      at = up;
    }
    items[at] = item;
  }

  pop(): number {
    const items = this.#items;
    const top = items[0]!;
    const last = items.pop()!;
    if (items.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && items[child + 1]! > items[child]!) child += 1;
      if (items[child]! <= last) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = last;
    return top;
  }
}
