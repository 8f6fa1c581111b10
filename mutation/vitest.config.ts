import { defineConfig } from 'vitest/config';

/** The tests that run in one process and try the same things every time; the rest is slow, random or not about these rooms. */
const SUBJECTS = [
  'batch',
  'batcher',
  'compare',
  'config',
  'conformance',
  'connection-gate',
  'derived-user-id',
  'http',
  'no-verdict',
  'outcomes',
  'provider-answers',
  'provider-failure',
  'provider-requests',
  'request',
  'request-exhausted',
  'retry',
  'scrub',
  'secrets',
  'story',
  'telemetry',
  'unwrap',
];

export default defineConfig({
  test: {
    include: SUBJECTS.map((subject) => `test/${subject}.test.ts`),
    testTimeout: 5_000,
    hookTimeout: 5_000,
  },
});
