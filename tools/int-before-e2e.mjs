/** Jest's order of files: cheap suites first, then by path, so that two runs of one commit take the same way. */
export default class IntBeforeE2e {
  sort(tests) {
    const rank = (test) => (test.path.endsWith('.e2e.test.ts') ? 1 : 0);
    return [...tests].sort((a, b) => rank(a) - rank(b) || (a.path < b.path ? -1 : 1));
  }

  shard(tests) {
    return tests;
  }

  allFailedTests(tests) {
    return tests;
  }

  cacheResults() {
    // Timings of earlier runs are not used for the order.
  }
}
