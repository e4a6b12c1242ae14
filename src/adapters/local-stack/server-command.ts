import type { KafkaExtras, StackEnv, StackLog, StackPart } from './stack.ts';
import type { StackState } from './state-file.ts';

/** How one server process is started. */
export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** An argument's text that no other process has: the server's own folder. By it a later process recognises this one. */
  readonly marker: string;
  readonly stopSignal: 'SIGTERM' | 'SIGINT';
  readonly uid?: number;
  readonly gid?: number;
}

/** One kind of server, as the process provider drives it: prepare, then command, then ready until true. */
export interface ServerKind {
  readonly part: StackPart;
  /** Names of the ports it needs; the first is the one its clients use. */
  readonly ports: readonly string[];
  /** Fetches programs, makes empty data. Called before each start; cheap when done already. */
  prepare(context: ServerContext): Promise<void>;
  command(context: ServerContext): Promise<ServerCommand>;
  /** One real request. False or a throw: not yet. */
  ready(context: ServerContext): Promise<boolean>;
  /** Runs once after each start, when ready: what clients count on (a database, internal topics). */
  finish?(context: ServerContext): Promise<void>;
  env(context: ServerContext): StackEnv;
}

export interface ServerContext {
  readonly dataDir: string;
  readonly cacheDir: string;
  /** Shared by all parts of the stack; stored after each change. */
  readonly state: StackState;
  readonly log: StackLog;
  readonly kafka?: KafkaExtras;
}

/** Host and port of a part on the loopback. */
export const portOf = (context: ServerContext, name: string): number => {
  const port = context.state.ports[name];
  if (port === undefined) throw new Error(`no port was allocated for ${name}`);
  return port;
};
