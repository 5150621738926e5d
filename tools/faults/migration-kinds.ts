import { DatabaseSync } from '@photostructure/sqlite';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pino } from 'pino';
import { openMysqlDatabase } from '../../src/database/mysql/open-mysql-database.js';
import { openSqliteDatabase } from '../../src/database/sqlite/open-sqlite-database.js';
import { projectRoot } from '../../src/project-root.js';
import { startCrashingTextService } from '../../test/support/service/crashing-text-service.js';
import { MariadbServer, mariadbMissing } from '../../test/support/databases/mariadb-server.js';
import { optionsFor } from '../../test/support/databases/mysql-options-for.js';
import { runCommand } from '../../test/support/service/run-command.js';
import { seededChance } from '../../test/support/seeded-chance.js';
import { testVault } from '../../test/support/databases/test-vault.js';
import type { User } from '../../src/records.js';
import { inFolder, type FaultKind } from './fault-kind.js';

const PEOPLE = 200;
const ids = Array.from({ length: PEOPLE }, (_, number) => `user-${String(number).padStart(3, '0')}`);

function expectEverybody(users: readonly User[]): void {
  const found = users.map(({ id }) => id).sort();
  if (found.join() !== ids.join()) throw new Error(`${found.length} of ${PEOPLE} users are left.`);
}

/** An embedded database as the first version wrote it is opened by this one. */
export const sqliteMigrations: FaultKind = {
  name: 'migration of SQLite',
  missing: null,
  run: async ({ rounds, seed }, counts) => {
    const chance = seededChance(seed);
    for (let round = 0; round < rounds; round += 1)
      await inFolder(async (folder) => {
        const file = join(folder, 'facial-verification.sqlite');
        writeFirstVersion(file);
        const child = startCrashingTextService(folder);
        // The log appears when the first statement is about to be written.
        while (!existsSync(`${file}-wal`)) await wait(1);
        await wait(chance() * 60);
        await child.kill();
        counts.kills += 1;

        const database = await openSqliteDatabase(folder, { vault: testVault });
        try {
          expectEverybody(await database.users.list({ first: 2 * PEOPLE }));
          await database.ping();
          counts.acknowledged += PEOPLE;
        } finally {
          await database.close();
        }
      });
  },
};

function writeFirstVersion(file: string): void {
  const [first] = readMigrationFiles({ migrationsFolder: join(projectRoot, 'drizzle', 'sqlite') });
  if (first === undefined) throw new Error('There are no migrations.');
  const database = new DatabaseSync(file);
  try {
    for (const statement of first.sql) database.exec(statement);
    database.exec(
      'CREATE TABLE __drizzle_migrations (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric)',
    );
    database
      .prepare('INSERT INTO __drizzle_migrations (hash, created_at) VALUES (?, ?)')
      .run(first.hash, first.folderMillis);
    const insert = database.prepare('INSERT INTO users (id, timestamp) VALUES (?, ?)');
    for (const id of ids) insert.run(id, 1_700_000_000);
  } finally {
    database.close();
  }
}

/** The documented table of MySQL is taken over. */
export const mysqlMigrations: FaultKind = {
  name: 'migration of MySQL',
  missing: mariadbMissing,
  run: async ({ rounds, seed }, counts) => {
    const chance = seededChance(seed);
    const server = await MariadbServer.start();
    try {
      for (let round = 0; round < rounds; round += 1) {
        const name = await server.createDatabase();
        const rows = ids.map((id) => `('${id}')`).join();
        await server.run(
          `CREATE TABLE users (id VARCHAR(255) PRIMARY KEY, timestamp TIMESTAMP DEFAULT CURRENT_TIMESTAMP); INSERT INTO users (id) VALUES ${rows}`,
          name,
        );
        await killWhileMigrating(server, name, Math.floor(chance() * 10), chance() * 30);
        counts.kills += 1;

        // The killed one holds the lease for a while yet.
        const leases = await server.run("SHOW TABLES LIKE 'face_migration_lease'", name);
        if (leases.length > 0)
          await server.run("UPDATE face_migration_lease SET expires_at = '2000-01-01'", name);
        const database = await openMysqlDatabase(
          { ...optionsFor(server, name), vault: testVault },
          pino({ level: 'silent' }),
        );
        try {
          expectEverybody(await database.users.list({ first: 2 * PEOPLE }));
          counts.acknowledged += PEOPLE;
        } finally {
          await database.close();
        }
        await server.run(`DROP DATABASE ${name}`);
      }
    } finally {
      await server.discard();
    }
  },
};

async function killWhileMigrating(
  server: MariadbServer,
  name: string,
  tables: number,
  afterMs: number,
): Promise<void> {
  await inFolder(async (folder) => {
    await mkdir(join(folder, 'images'));
    let ended = false;
    const running = runCommand({
      source: 'test/support/service/text-node.ts',
      arguments: [join(folder, 'images')],
      environment: { PORT: '0', DATA_DIR: folder, DATABASE_URL: server.url(name) },
      onStart: (child) =>
        void (async () => {
          try {
            while (!ended && (await server.run("SHOW TABLES LIKE 'face%'", name)).length < tables)
              await wait(2);
            await wait(afterMs);
          } finally {
            child.kill('SIGKILL');
          }
        })(),
    });
    const { code, output } = await running;
    ended = true;
    if (code !== null) throw new Error(`The node ended with ${code}: ${output}`);
    await rm(join(folder, 'images'), { recursive: true, force: true });
  });
}
