/** The four servers of the distributed way to run (design 5). */
export const STACK_PARTS = ['kafka', 'registry', 'redis', 'postgres'] as const;
export type StackPart = (typeof STACK_PARTS)[number];

export type StackProviderName = 'process' | 'docker' | 'external';

/** Addresses under the names the engine reads them by (interface 8). A part that was not asked for has no key. */
export interface StackEnv {
  KAFKA_BOOTSTRAP_SERVERS?: string;
  SCHEMA_REGISTRY_URL?: string;
  REDIS_URL?: string;
  /** An owner role that is no superuser, as in production: row level security holds for what it creates. */
  DATABASE_URL?: string;
  /** Only for set-up and fault tests; the engine never reads it. */
  STACK_POSTGRES_SUPERUSER_URL?: string;
}

/** One progress line for a person. Never a password. */
export type StackLog = (line: string) => void;

/** One server of a running stack. Every method resolves when the change is complete and can be awaited in any order, one at a time. */
export interface RunningPart {
  readonly part: StackPart;
  /** Process id of the server, undefined when it is stopped or not a local process. */
  pid(): number | undefined;
  /** Clean stop. Nothing happens when it is stopped already. */
  stop(): Promise<void>;
  /** SIGKILL; resolves when the process and its children are gone. */
  kill(): Promise<void>;
  /** Starts again on the same data and address, stopping cleanly first if it runs; resolves when it answers. */
  restart(): Promise<void>;
}

export interface RunningStack {
  readonly provider: StackProviderName;
  readonly env: StackEnv;
  readonly parts: Readonly<Partial<Record<StackPart, RunningPart>>>;
  /** Stops every part; data stays. */
  stop(): Promise<void>;
  /** SIGKILL for every part: for data that is thrown away, or fault tests. */
  kill(): Promise<void>;
}

/** One more address of the broker on the loopback, for clients that must show who they are. */
export interface KafkaListener {
  /** Letters; its settings are `listener.name.<name in lower case>.*` among the properties. */
  readonly name: string;
  readonly protocol: 'SSL' | 'SASL_SSL' | 'SASL_PLAINTEXT';
  readonly port: number;
}

/** What a test needs of the broker beyond the defaults. */
export interface KafkaExtras {
  readonly listeners?: readonly KafkaListener[];
  /** Broker settings besides or instead of ours. */
  readonly properties?: Readonly<Record<string, string>>;
}

export interface StackOptions {
  readonly provider: StackProviderName;
  /** Folder of data, logs and the state file; made when missing. */
  readonly dataDir: string;
  /** Default: all. */
  readonly parts?: readonly StackPart[];
  readonly log: StackLog;
  /** Downloaded jars and binaries, shared by runs; default `.local/cache` of the project. */
  readonly cacheDir?: string;
  /** Addresses for the provider `external`; the caller has read them from wherever it may. */
  readonly external?: StackEnv;
  /** Only for local processes. */
  readonly kafka?: KafkaExtras;
}

export interface StackProvider {
  readonly name: StackProviderName;
  start(options: StackOptions): Promise<RunningStack>;
}

/** The addresses of several parts as one environment. */
export const joinEnv = (parts: readonly StackEnv[]): StackEnv => parts.reduce((all, one) => ({ ...all, ...one }), {});

export const wantedParts = (options: StackOptions): readonly StackPart[] => options.parts ?? STACK_PARTS;
