import { defineConfig } from 'vitest/config';
import base from './vitest.config.js';

/** Three database nodes on one machine: slower and heavier than the rest, so only `npm run test:galera` runs them. */
export default defineConfig({
  ...base,
  test: { ...base.test, include: ['test/galera/*.galera.ts'], testTimeout: 240_000, hookTimeout: 180_000 },
});
