import { createServer, type Server } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { IMAGES } from '../../../src/adapters/local-stack/docker-images.ts';
import {
  loadTestcontainers,
  onLoopback,
  removeContainers,
  runningContainers,
  startContainer,
  stopContainer,
} from '../../../src/adapters/local-stack/docker-containers.ts';

/** A daemon as far as these calls go: it has one running, one stopped container, and notes what it is asked to change. */
const RUNNING = 'aaaa';
const STOPPED = 'bbbb';
const GONE = 'cccc';
const asked: string[] = [];
let daemon: Server;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmm-docker-'));
  daemon = createServer((request, response) => {
    const url = request.url!.replace(/^\/v[0-9.]+/, '');
    const id = /^\/containers\/([a-z]+)\b/.exec(url)?.[1];
    const answer = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (id === GONE) answer(404, { message: 'No such container' });
    else if (url.endsWith('/json')) answer(200, { Id: id, State: { Running: id === RUNNING } });
    else if (request.method === 'GET') answer(200, { OSType: 'linux', Architecture: 'x86_64', IndexServerAddress: '' });
    else {
      asked.push(url);
      response.writeHead(204).end();
    }
  });
  const socket = join(folder, 'docker.sock');
  await new Promise<void>((resolve) => daemon.listen(socket, resolve));
  process.env['DOCKER_HOST'] = `unix://${socket}`;
  // The library looks around once, and inside of a container it asks for one of its own.
  await runningContainers([RUNNING]);
});

afterAll(async () => {
  delete process.env['DOCKER_HOST'];
  daemon.closeAllConnections();
  await new Promise((resolve) => daemon.close(resolve));
  await rm(folder, { recursive: true });
});

beforeEach(() => void asked.splice(0));

test('a server is asked to end and given time for it: stopped at once, each start would recover from a crash', async () => {
  expect(await stopContainer(RUNNING, 'clean')).toBe(true);
  expect(asked).toEqual([`/containers/${RUNNING}/stop?t=30`]);
});

test('a kill is SIGKILL', async () => {
  expect(await stopContainer(RUNNING, 'kill')).toBe(true);
  expect(asked).toEqual([`/containers/${RUNNING}/kill?signal=SIGKILL`]);
});

test('what does not run is not stopped, what runs is not started, what somebody removed is told', async () => {
  expect(await Promise.all([STOPPED, GONE].map((id) => stopContainer(id, 'clean')))).toEqual([false, false]);
  expect(await Promise.all([RUNNING, GONE].map(startContainer))).toEqual([true, false]);
  expect(asked).toEqual([]);
  expect(await startContainer(STOPPED)).toBe(true);
  expect(asked).toEqual([`/containers/${STOPPED}/start`]);
  expect(await runningContainers([RUNNING, STOPPED, GONE])).toBe(1);
});

test('a container is removed with its volumes; one that is gone already is no error', async () => {
  await removeContainers([STOPPED, GONE]);
  expect(asked).toEqual([`/containers/${STOPPED}?force=true&v=true`]);
});

test('ports are published on the loopback only: the servers of a stack are not for the network', async () => {
  const Container = onLoopback(await loadTestcontainers());
  class Probe extends Container {
    async bindings(): Promise<unknown> {
      await this.beforeContainerCreated?.();
      return this.hostConfig.PortBindings;
    }
  }
  const probe = new Probe('redis').withExposedPorts({ container: 6379, host: 7_001 }, { container: 9, host: 7_002 });
  expect(await probe.bindings()).toEqual({
    '6379/tcp': [{ HostIp: '127.0.0.1', HostPort: '7001' }],
    '9/tcp': [{ HostIp: '127.0.0.1', HostPort: '7002' }],
  });
});

test('the broker listens inside of its container where it says it is: else it can not end a transaction', () => {
  const { containerPort, environment } = IMAGES.kafka({ hostPort: 27_001, superuserPassword: '' });
  const portsOf = (listeners: string | undefined): (string | undefined)[] =>
    listeners?.split(',').flatMap((one) => /^PLAINTEXT:.*:([0-9]+)$/.exec(one)?.[1] ?? []) ?? [];
  expect(portsOf(environment['KAFKA_ADVERTISED_LISTENERS'])).toEqual(['27001']);
  expect(portsOf(environment['KAFKA_LISTENERS'])).toEqual(['27001']);
  expect(containerPort).toBe(27_001);
});
