import { defineConfig } from 'drizzle-kit';

export const sqliteMigrations = {
  dialect: 'sqlite',
  schema: './src/database/sqlite/tables.ts',
  out: './drizzle/sqlite',
} as const;

export default defineConfig(sqliteMigrations);
