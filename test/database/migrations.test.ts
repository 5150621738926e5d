import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, it } from 'vitest';
import { mysqlMigrations } from '../../drizzle.config.js';
import { sqliteMigrations } from '../../drizzle.sqlite.config.js';
import { projectRoot } from '../../src/project-root.js';
import { temporaryFolder } from '../support/temporary-folder.js';

it.each([mysqlMigrations, sqliteMigrations])(
  'has $dialect migrations for exactly the tables the program uses',
  (migrations) => {
    const { dialect, schema, out } = migrations;
    const copy = temporaryFolder();
    cpSync(join(projectRoot, out), copy, { recursive: true });

    const said = execFileSync(
      process.execPath,
      [
        join(projectRoot, 'node_modules/drizzle-kit/bin.cjs'),
        'generate',
        `--dialect=${dialect}`,
        `--schema=${schema}`,
        // drizzle-kit takes even an absolute path as relative.
        `--out=${relative(projectRoot, copy)}`,
      ],
      { cwd: projectRoot, encoding: 'utf8' },
    );

    expect(said).toContain('No schema changes');
    expect(readdirSync(copy)).toEqual(readdirSync(join(projectRoot, out)));
  },
);
