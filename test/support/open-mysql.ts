import { pino } from 'pino';
import { openMysqlDatabase, type OpenMysqlOptions } from '../../src/database/mysql/open-mysql-database.js';

// Opens the database whose settings are the first argument, says so and waits to be killed.
const settings = JSON.parse(process.argv[2] ?? '{}') as OpenMysqlOptions;
await openMysqlDatabase(settings, pino({ level: 'silent' }));
process.stdout.write('opened');
setInterval(() => undefined, 60_000);
