import { test } from '@jest/globals';

/**
 * A test about servers as local processes, or with a peer that runs in Java. Where Java or Maven is missing (servers in Docker, or given by address) it is
 * skipped and counted so; tools/test.ts says it.
 */
export const testWithJava: typeof test.skip = process.env['MMM_TEST_JAVA'] === 'no' ? test.skip : test;
