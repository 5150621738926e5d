import { defineConfig } from 'drizzle-kit';

export const mysqlMigrations = {
  dialect: 'mysql',
  schema: './src/database/mysql/tables.ts',
  out: './drizzle/mysql',
} as const;

export default defineConfig(mysqlMigrations);
