import { connect, type Socket } from 'node:net';
import { Kafka } from 'kafkajs';

/** Longer than whatever is started and stopped beside it takes. */
const HELD_MS = 60_000;

/**
 * A member of a group that has joined and then hears nothing any more, as a hung or killed process does: whoever joins now waits for it. `thaw` lets it
 * hear again, and leave in order.
 */
export const frozenMember = async (brokers: readonly string[], groupId: string, topic: string) => {
  const sockets: Socket[] = [];
  let frozen = false;
  const kafka = new Kafka({
    brokers: [...brokers],
    logCreator: () => () => undefined,
    requestTimeout: 2 * HELD_MS,
    socketFactory: ({ host, port, onConnect }) => {
      const socket = connect({ host, port }, onConnect);
      if (frozen) socket.pause();
      sockets.push(socket);
      return socket;
    },
  });
  const consumer = kafka.consumer({
    groupId,
    sessionTimeout: HELD_MS,
    rebalanceTimeout: HELD_MS,
    maxWaitTimeInMs: 100,
  });
  await consumer.connect();
  await consumer.subscribe({ topic });
  await consumer.run({ autoCommit: false, eachBatch: () => Promise.resolve() });
  frozen = true;
  for (const socket of sockets) socket.pause();
  return {
    thaw: async (): Promise<void> => {
      frozen = false;
      for (const socket of sockets) socket.resume();
      await consumer.disconnect();
    },
  };
};
