import { pino } from 'pino';
import { BackgroundProtection } from '../../../src/protection/background-protection.js';
import { openTextService } from './open-text-service.js';

// Seals what an old data folder, the argument, holds plain; says when it begins and when it is done.
const parts = await openTextService({
  folder: process.argv[2] ?? '',
  gallery: () => ({ size: 0, bestOther: () => Promise.resolve(null) }),
});
const protection = new BackgroundProtection({ ...parts, logger: pino({ level: 'error' }) });
process.stdout.write('begun\n');
protection.start();
await protection.done();
process.stdout.write('done\n');
await parts.housekeeping.stop();
await parts.database.close();
