import { defineConfig } from 'vitest/config';

export default defineConfig({
  esbuild: { target: 'node20' },
  // Vite would take the package's "module" build for our files while Node gives "main" to the libraries; GraphQL
  // refuses two copies of itself. Goes when graphql publishes an "exports" map (version 17).
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    // For tests that load ONNX Runtime themselves.
    env: { ORT_DISABLE_TELEMETRY: '1' },
    pool: 'forks',
    maxWorkers: 2,
    // Against hangs alone: a slow machine takes ten times as long as a fast one.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 30_000 } },
  },
});
