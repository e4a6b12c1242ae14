/** Unit suites: no network, no store. Jest strips the types itself, so nothing is transformed. */
export default {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {},
  testMatch: ['<rootDir>/test/**/*.unit.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/.mmm/', '<rootDir>/.local/'],
  maxWorkers: 2,
};
