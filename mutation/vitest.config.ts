import { defineConfig } from 'vitest/config';

/** The tests that run in one process and try the same things every time; the rest is slow, random or not about these rooms. */
const SUBJECTS = [
  'account',
  'batch',
  'batcher',
  'compare',
  'clock',
  'config',
  'conformance',
  'connection-gate',
  'create-user',
  'derived-user-id',
  'http',
  'https',
  'metrics',
  'no-verdict',
  'outcomes',
  'provider-answers',
  'provider-failure',
  'provider-requests',
  'recent',
  'record-report',
  'request',
  'request-exhausted',
  'retry',
  'scrub',
  'secrets',
  'sqs-queues',
  'story',
  'telemetry',
  'unwrap',
  'ways-out',
];

export default defineConfig({
  test: {
    include: SUBJECTS.map((subject) => `test/${subject}.test.ts`),
    testTimeout: 5_000,
    hookTimeout: 5_000,
  },
});
