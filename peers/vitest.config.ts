import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['peers/*.test.ts'],
    globalSetup: 'test/set-up.ts',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: process.env.CI ? ['tree', ['json', { outputFile: 'reports/peers.json' }]] : ['tree'],
  },
});
