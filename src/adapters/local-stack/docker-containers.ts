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

/** Removes containers with their anonymous volumes; one that is gone already is no error. */
export const removeContainers = async (ids: readonly string[]): Promise<void> => {
  const client = await containerClient();
  const remove = async (id: string): Promise<void> => {
    try {
      await client.getById(id).remove({ force: true, v: true });
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode !== NOT_FOUND) throw error;
    }
  };
  await Promise.all(ids.map(remove));
};

/** Stops containers, keeping them and their data; resolves with how many of them ran. */
export const stopContainers = async (ids: readonly string[], how: 'clean' | 'kill'): Promise<number> => {
  const client = await containerClient();
  const stop = async (id: string): Promise<number> => {
    const container = client.getById(id);
    if (!(await client.inspect(container)).State.Running) return 0;
    await (how === 'kill' ? container.kill({ signal: 'SIGKILL' }) : client.stop(container));
    return 1;
  };
  return (await Promise.all(ids.map(stop))).reduce((sum, count) => sum + count, 0);
};

/** How many of these containers run now. */
export const runningContainers = async (ids: readonly string[]): Promise<number> => {
  const client = await containerClient();
  const answers = await Promise.all(ids.map(async (id) => (await client.inspect(client.getById(id))).State.Running));
  return answers.filter(Boolean).length;
};
