import unit from './jest.config.mjs';

/** Suites on real stores (int) and on whole processes (e2e): one after the other, on one stack started once for the run. */
export default {
  ...unit,
  testMatch: ['<rootDir>/test/**/*.int.test.ts', '<rootDir>/test/**/*.e2e.test.ts'],
  globalSetup: '<rootDir>/test/infra/global-setup.ts',
  globalTeardown: '<rootDir>/test/infra/global-teardown.ts',
  reporters: ['default', '<rootDir>/test/infra/outcome-reporter.ts'],
  testSequencer: '<rootDir>/tools/int-before-e2e.mjs',
  // The stores share two cores with the suite: more workers make every one of them slower and the timings worse.
  maxWorkers: 1,
  // A session's fence waits out a broker-side transaction timeout; this only ends a hang.
  testTimeout: 120_000,
};
