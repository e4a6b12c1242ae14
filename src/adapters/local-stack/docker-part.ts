import { setTimeout as delay } from 'node:timers/promises';
import { MmmError } from '../../errors.ts';
import { loadTestcontainers, onLoopback, startContainer, stopContainer } from './docker-containers.ts';
import { IMAGES } from './docker-images.ts';
import { postgresPassword, SUPERUSER } from './postgres-server.ts';
import type { ServerContext } from './server-command.ts';
import { portOf } from './server-command.ts';
import { SERVER_KINDS } from './server-kinds.ts';
import type { RunningPart, StackPart } from './stack.ts';
import { writeState } from './state-file.ts';

const POLL_MS = 100;
/** A first start pulls the image. */
const START_WITHIN_MS = 300_000;
/** The registry's image alone took 32 s on two busy cores. */
const READY_WITHIN_MS = 180_000;

/** One server in a container. The container keeps its data and its host port over stop, kill and restart; only `removeStack` removes it. */
export class DockerPart implements RunningPart {
  readonly part: StackPart;
  readonly #context: ServerContext;

  constructor(part: StackPart, context: ServerContext) {
    this.part = part;
    this.#context = context;
  }

  /** The process belongs to the daemon. */
  pid(): undefined {
    return undefined;
  }

  /** Creates the container, or starts the one of an earlier run, and waits until the server answers. */
  async start(): Promise<void> {
    this.#context.log(`${this.part} starts in Docker`);
    const id = this.#id();
    if (id === undefined || !(await startContainer(id))) await this.#create();
    await this.#untilReady();
  }

  stop(): Promise<void> {
    return this.#end('clean');
  }

  kill(): Promise<void> {
    return this.#end('kill');
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async #create(): Promise<void> {
    const Container = onLoopback(await loadTestcontainers());
    const hostPort = portOf(this.#context, SERVER_KINDS[this.part].ports[0] ?? this.part);
    const spec = IMAGES[this.part]({ hostPort, superuserPassword: postgresPassword(this.#context, SUPERUSER) });
    let container = new Container(spec.image)
      .withEnvironment({ ...spec.environment })
      .withExposedPorts({ container: spec.containerPort, host: hostPort })
      // The label makes the container this stack's own. A reused container is not removed when this process ends.
      .withLabels({ 'mmm-stack': `${this.#context.dataDir}:${this.part}:${hostPort}` })
      .withReuse()
      .withStartupTimeout(START_WITHIN_MS);
    if (spec.command !== undefined) container = container.withCommand([...spec.command]);
    const started = await container.start().catch((cause: unknown) => {
      throw new MmmError('STACK_START_FAILED', `${this.part} (${spec.image}) does not start in Docker`, { cause });
    });
    this.#context.state.containers[this.part] = started.getId();
    writeState(this.#context.dataDir, this.#context.state);
  }

  async #untilReady(): Promise<void> {
    const kind = SERVER_KINDS[this.part];
    const end = performance.now() + READY_WITHIN_MS;
    while (!(await kind.ready(this.#context).catch(() => false))) {
      if (performance.now() > end)
        throw new MmmError('STACK_START_FAILED', `${this.part} does not answer; see docker logs ${this.#id() ?? ''}`);
      await delay(POLL_MS);
    }
    await kind.finish?.(this.#context);
  }

  async #end(how: 'clean' | 'kill'): Promise<void> {
    const id = this.#id();
    if (id !== undefined) await stopContainer(id, how);
  }

  #id(): string | undefined {
    return this.#context.state.containers[this.part];
  }
}
