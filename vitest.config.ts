import { defineConfig } from 'vitest/config';
import { SlowestFirst } from './test/slowest-first.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/set-up.ts',
    // Modules are loaded once for each worker. No test leaves anything behind in them.
    isolate: false,
    maxWorkers: '100%',
    sequence: { sequencer: SlowestFirst },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: process.env.CI ? ['tree', ['json', { outputFile: 'reports/tests.json' }]] : ['tree'],
  },
});
