import type { MmmSignalInput } from '../../src/generated/records.ts';
import { BUDGET_MS, decideNow, type DecideNowAnswer } from '../../src/pipeline/decide/decide-now.ts';
import type { PartitionHealth } from '../../src/pipeline/decide-sessions.ts';
import type { Pipeline } from '../../src/pipeline/pipeline.ts';
import { HTTP_ORIGIN } from '../../src/pipeline/ports/normaliser.ts';
import type { Cluster } from './cluster.ts';
import { Node, normaliser } from './node.ts';
import { documentOf, type Planned } from './workload.ts';

const CLIENT_TIMEOUT_MS = 6_000;

interface Running {
  readonly node: Node;
  readonly pipeline: Pipeline;
}

/** The workers: started again when they die, and now and then told to leave in order. */
export class Workers {
  readonly #cluster: Cluster;
  readonly #running: (Running | null)[];
  #starts = 0;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#running = Array.from({ length: cluster.workload.workers }, () => null);
    this.#running.forEach((_, place) => this.#start(place));
  }

  health(): readonly PartitionHealth[] {
    return this.#running.flatMap((one) => (one?.node.process.alive === true ? one.pipeline.health().partitions! : []));
  }

  /** One of them stops taking work, finishes what it has, leaves, and is started again. */
  leave(): void {
    const place = this.#cluster.random.below(this.#running.length);
    const one = this.#running[place];
    if (one?.node.process.alive !== true) return;
    const { world } = this.#cluster;
    world.note(one.node.process, 'is told to stop');
    this.#running[place] = null;
    let gone = false;
    const end = (): void => {
      if (gone) return;
      gone = true;
      world.kill(one.node.process);
      this.#start(place);
    };
    void one.pipeline.stop().then(end);
    // As Kubernetes does: what does not stop in time is killed.
    world.after(30_000, null, 'grace period', end);
  }

  /** All at once: whoever owns what, a new session starts on it. */
  kill(): void {
    for (const one of this.#running) if (one !== null) this.#cluster.world.kill(one.node.process);
  }

  #start(place: number): void {
    const { world, random } = this.#cluster;
    const node = new Node(this.#cluster, `worker-${place}.${++this.#starts}`);
    const pipeline = node.pipeline();
    this.#running[place] = { node, pipeline };
    let restarting = false;
    node.process.onTrouble.add(() => {
      if (node.process.alive || restarting || this.#running[place]?.node !== node) return;
      restarting = true;
      world.after(random.between(200, 6_000), null, `worker ${place} starts again`, () => this.#start(place));
    });
    void pipeline.start().catch(() => world.kill(node.process));
  }
}

export interface Asked {
  readonly planned: Planned;
  readonly signal: MmmSignalInput;
  answer: DecideNowAnswer | null;
}

/** The HTTP process and its clients: who has no answer asks again with the same signal. */
export class Api {
  readonly #cluster: Cluster;
  #node: Node;
  #starts = 0;
  readonly asked: Asked[] = [];

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#node = this.#start();
  }

  ask(planned: Planned): void {
    const { world } = this.#cluster;
    const outcome = normaliser.normalise('pm3', documentOf(planned, world.wallMs), {
      origin: HTTP_ORIGIN,
      recordTimestampMs: null,
      receivedAtMs: world.wallMs,
      traceParent: null,
    });
    if (outcome instanceof Promise || outcome.kind === 'rejected') throw new Error('the workload asks nonsense');
    const asked: Asked = { planned, signal: outcome.signal, answer: null };
    this.asked.push(asked);
    this.#try(asked);
  }

  /** Who still waits for an answer. */
  waiting(): readonly Planned[] {
    return this.asked.filter(({ answer }) => answer === null).map(({ planned }) => planned);
  }

  #try(asked: Asked): void {
    const { world, workload } = this.#cluster;
    const { process, deps, inTurn } = this.#node;
    const now = { ...deps, inTurn, pause: deps.pause!, partitions: workload.partitions };
    let over = false;
    const again = (): void => {
      if (over) return;
      over = true;
      world.after(this.#cluster.random.between(50, 1_500), null, `asks again ${asked.planned.id}`, () =>
        this.#try(asked),
      );
    };
    world.after(CLIENT_TIMEOUT_MS, null, `client of ${asked.planned.id} waits no longer`, again);
    world.note(process, `asked about ${asked.planned.id}`);
    void decideNow(now, asked.signal, Math.max(asked.planned.budgetMs, BUDGET_MS.ide)).then((answer) => {
      if (over) return;
      over = true;
      asked.answer = answer;
    }, again);
  }

  #start(): Node {
    const { world, random } = this.#cluster;
    const node = new Node(this.#cluster, `api.${++this.#starts}`);
    node.process.onTrouble.add(() => {
      if (node.process.alive || this.#node !== node) return;
      world.after(random.between(200, 3_000), null, 'api starts again', () => {
        if (this.#node === node) this.#node = this.#start();
      });
    });
    return node;
  }
}
