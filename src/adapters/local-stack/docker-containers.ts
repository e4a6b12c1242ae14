import type * as testcontainers from 'testcontainers';
import { MmmError } from '../../errors.ts';

type Testcontainers = typeof testcontainers;

const noDocker = (cause: unknown): MmmError =>
  new MmmError(
    'PREREQUISITE_MISSING',
    'Docker does not answer. Start Docker (or set DOCKER_HOST), or use local processes, which need Java 17 and Maven: --provider process',
    { cause },
  );

/** Loaded only when Docker is asked for: it brings some 170 packages. */
export const loadTestcontainers = async (): Promise<Testcontainers> => {
  try {
    return await import('testcontainers');
  } catch (cause) {
    throw new MmmError(
      'PREREQUISITE_MISSING',
      'the npm package testcontainers is not installed. Run npm install, or use --provider process',
      { cause },
    );
  }
};

/** Containers of which only this machine sees the ports: Docker publishes to every network it is on unless told, and the Redis has no password. */
export const onLoopback = ({ GenericContainer }: Testcontainers): Testcontainers['GenericContainer'] =>
  class extends GenericContainer {
    protected override beforeContainerCreated(): Promise<void> {
      const published = Object.values(this.hostConfig.PortBindings as Record<string, { HostIp?: string }[]>);
      for (const binding of published.flat()) binding.HostIp = '127.0.0.1';
      return Promise.resolve();
    }
  };

/** Connection to the daemon; PREREQUISITE_MISSING when none answers. */
export const containerClient = async (): Promise<
  Awaited<ReturnType<Testcontainers['getContainerRuntimeClient']>>['container']
> => {
  const { getContainerRuntimeClient } = await loadTestcontainers();
  try {
    return (await getContainerRuntimeClient()).container;
  } catch (cause) {
    throw noDocker(cause);
  }
};

const NOT_FOUND = 404;
/** The library's own default is none: SIGKILL at once, and each start would be a recovery after a crash. */
const STOP_WITHIN_MS = 30_000;

/** Undefined when somebody has removed the container, as `docker system prune` does with what is stopped. */
const unlessGone = async <T>(work: Promise<T>): Promise<T | undefined> => {
  try {
    return await work;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === NOT_FOUND) return undefined;
    throw error;
  }
};

const isRunning = async (id: string): Promise<boolean | undefined> => {
  const client = await containerClient();
  return (await unlessGone(client.inspect(client.getById(id))))?.State.Running;
};

/** Removes containers with their anonymous volumes; one that is gone already is no error. */
export const removeContainers = async (ids: readonly string[]): Promise<void> => {
  const client = await containerClient();
  await Promise.all(ids.map((id) => unlessGone(client.getById(id).remove({ force: true, v: true }))));
};

/** Stops a container, keeping it and its data; false when it did not run. */
export const stopContainer = async (id: string, how: 'clean' | 'kill'): Promise<boolean> => {
  if ((await isRunning(id)) !== true) return false;
  const client = await containerClient();
  const container = client.getById(id);
  if (how === 'kill') await container.kill({ signal: 'SIGKILL' });
  else await client.stop(container, { timeout: STOP_WITHIN_MS });
  return true;
};

/** Starts a container that was stopped, with its data; false when it is gone. */
export const startContainer = async (id: string): Promise<boolean> => {
  const running = await isRunning(id);
  if (running === undefined) return false;
  const client = await containerClient();
  if (!running) await client.start(client.getById(id));
  return true;
};

/** How many of these containers run now. */
export const runningContainers = async (ids: readonly string[]): Promise<number> =>
  (await Promise.all(ids.map(isRunning))).filter(Boolean).length;
