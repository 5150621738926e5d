import { pino } from 'pino';
import type { MysqlSettings } from '../../../src/database/mysql/mysql-options.js';
import { openMysqlDatabase } from '../../../src/database/mysql/open-mysql-database.js';
import { testVault } from './test-vault.js';

// Opens the database whose settings are the first argument, says so and waits to be killed.
const settings = JSON.parse(process.argv[2] ?? '{}') as MysqlSettings;
await openMysqlDatabase({ ...settings, vault: testVault }, pino({ level: 'silent' }));
process.stdout.write('opened');
setInterval(() => undefined, 60_000);
