import type { ActorType, EvaluationPoint, Severity, Surface } from '../../domain/vocabulary.ts';

/**
 * The one place where foreign words become ours (C-14, D-64, contracts 0.2, interface 2a). Every function is total: any value has an answer,
 * an unknown word the lowest one with `known: false`, which is counted and never an error.
 */
export interface Mapped<T> {
  readonly word: T;
  readonly known: boolean;
}

/** What a field that is absent means. Null, '' and a missing field are the same. */
const isAbsent = (value: unknown): boolean => value === undefined || value === null || value === '';

const totalMap = <T>(entries: Readonly<Record<string, T>>, lowest: T, absent: T): ((value: unknown) => Mapped<T>) => {
  const table = new Map(Object.entries(entries).map(([word, meaning]) => [word, { word: meaning, known: true }]));
  const unknown: Mapped<T> = { word: lowest, known: false };
  const none: Mapped<T> = { word: absent, known: true };
  return (value) => {
    if (isAbsent(value)) return none;
    if (typeof value !== 'string') return unknown;
    return table.get(value) ?? table.get(value.trim().toLowerCase()) ?? unknown;
  };
};

export const severityOf = totalMap<Severity>(
  {
    debug: 'info',
    info: 'info',
    pass: 'info',
    p3: 'info',
    low: 'low',
    warn: 'medium',
    warning: 'medium',
    medium: 'medium',
    p2: 'medium',
    error: 'high',
    high: 'high',
    soft_block: 'high',
    p1: 'high',
    critical: 'critical',
    hard_block: 'critical',
    p0: 'critical',
  },
  'info',
  'info',
);

/** Unknown words are service, which is never nudged (G6); absent is human (contracts 1.7). */
export const actorTypeOf = totalMap<ActorType>(
  {
    human: 'human',
    person: 'human',
    user: 'human',
    ai_agent: 'ai_agent',
    ai: 'ai_agent',
    agent: 'ai_agent',
    llm: 'ai_agent',
    service: 'service',
    system: 'service',
    automated: 'service',
    machine: 'service',
  },
  'service',
  'human',
);

export type Plane = 'edge' | 'tenant_cloud' | 'product_cloud' | 'shared_services';
export const planeOf = totalMap<Plane | null>(
  {
    edge: 'edge',
    ide: 'edge',
    laptop: 'edge',
    tenant: 'tenant_cloud',
    tenant_cloud: 'tenant_cloud',
    product: 'product_cloud',
    product_cloud: 'product_cloud',
    shared: 'shared_services',
    shared_services: 'shared_services',
  },
  null,
  null,
);

export type Environment = 'dev' | 'test' | 'stage' | 'prod';
export const environmentOf = totalMap<Environment | null>(
  {
    dev: 'dev',
    development: 'dev',
    test: 'test',
    testing: 'test',
    stage: 'stage',
    staging: 'stage',
    prod: 'prod',
    production: 'prod',
  },
  null,
  null,
);

export const evaluationPointOf = totalMap<EvaluationPoint | null>(
  {
    'pre-commit': 'pre-commit',
    pre_commit: 'pre-commit',
    'pre-merge': 'pre-merge',
    pre_merge: 'pre-merge',
    'pre-deploy': 'pre-deploy',
    pre_deploy: 'pre-deploy',
    'post-deploy': 'post-deploy',
    post_deploy: 'post-deploy',
  },
  null,
  null,
);

/** Detection's `pr` is shown by CI (contracts 0.2). A hint only: an unknown one is no hint. */
export const surfaceOf = totalMap<Surface | null>({ ide: 'ide', ci: 'ci', pr: 'ci', alert: 'alert' }, null, null);
