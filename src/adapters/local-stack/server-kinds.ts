import { freePort, isFree } from './free-ports.ts';
import { kafkaServer } from './kafka-server.ts';
import { postgresServer } from './postgres-server.ts';
import { redisServer } from './redis-server.ts';
import { registryServer } from './registry-server.ts';
import type { ServerContext, ServerKind } from './server-command.ts';
import type { StackPart } from './stack.ts';

export const SERVER_KINDS: Readonly<Record<StackPart, ServerKind>> = {
  kafka: kafkaServer,
  registry: registryServer,
  redis: redisServer,
  postgres: postgresServer,
};

/** Gives a stopped server its ports: the earlier ones while they are free, so that a restart has the same addresses. */
export const allocatePorts = async (context: ServerContext, kind: ServerKind): Promise<void> => {
  const { ports } = context.state;
  for (const name of kind.ports) {
    const earlier = ports[name];
    if (earlier !== undefined && (await isFree(earlier))) continue;
    ports[name] = await freePort(new Set(Object.values(ports)));
  }
};
