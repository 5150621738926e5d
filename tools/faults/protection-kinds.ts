import { openTextService } from '../../test/support/service/open-text-service.js';
import { readDataFolder } from '../../test/support/databases/read-data-folder.js';
import { runCommand, type CommandOptions } from '../../test/support/service/run-command.js';
import { seededChance } from '../../test/support/seeded-chance.js';
import { textPicture } from '../../test/support/service/text-face-service.js';
import { unprotectFolder } from '../../test/support/databases/unprotect-folder.js';
import { inFolder, type FaultCounts, type FaultKind, type FaultOptions } from './fault-kind.js';
import { killedCommand } from './killed-command.js';
import { testRequest } from '../../test/support/api/test-origin.js';

const PEOPLE = 40;

const noGallery = () => ({ size: 0, bestOther: () => Promise.resolve(null) });

async function register(folder: string): Promise<void> {
  const { service, housekeeping, database } = await openTextService({ folder, gallery: noGallery });
  for (let person = 0; person < PEOPLE; person += 1)
    await service.register(`user-${person}`, textPicture(person), testRequest);
  await housekeeping.stop();
  await database.close();
}

/** Starts as the service does, which clears up what a killed process left, and ends. */
async function restart(folder: string): Promise<void> {
  const { housekeeping, database } = await openTextService({ folder, gallery: noGallery });
  await housekeeping.stop();
  await database.close();
}

/** Every template and picture has to open, and be what was registered; plain ones count where they are allowed. */
function expectEverybody(folder: string, { plain }: { readonly plain: 'allowed' | 'none' }): number {
  const { people, problems } = readDataFolder(folder);
  const unprotected = problems.filter((problem) => problem.endsWith('is not protected'));
  const others = problems.filter(
    (problem) => !unprotected.includes(problem) && !/ user_keys, /.test(problem),
  );
  if (others.length > 0) throw new Error(others.join('; '));
  if (plain === 'none' && problems.length > 0) throw new Error(problems.join('; '));
  for (let person = 0; person < PEOPLE; person += 1) {
    const stored = people.get(`user-${person}`);
    if (stored?.picture.equals(textPicture(person)) !== true)
      throw new Error(`user-${person} is not as registered.`);
  }
  return unprotected.length;
}

async function killAgainAndAgain(
  folder: string,
  command: CommandOptions & { readonly begun: string; readonly longestMs: number },
  { rounds, seed }: FaultOptions,
  counts: FaultCounts,
  renew: () => void,
): Promise<void> {
  const chance = seededChance(seed);
  const kills = counts.kills + rounds;
  while (counts.kills < kills) {
    const moment = { begun: command.begun, afterMs: chance() * command.longestMs };
    const { code, output } = await killedCommand(command, moment, counts);
    if (code !== null && code !== 0) throw new Error(`It ended with ${code}: ${output}`);
    await restart(folder);
    counts.acknowledged += PEOPLE - expectEverybody(folder, { plain: code === 0 ? 'none' : 'allowed' });
    if (code === null) counts.interrupted += 1;
    else renew();
  }
  const { code, output } = await runCommand(command);
  if (code !== 0) throw new Error(`It ended with ${String(code)}: ${output}`);
  expectEverybody(folder, { plain: 'none' });
}

/** `npm run master-key -- rotate`, which goes on where it was, with one more key each time. */
export const rotations: FaultKind = {
  name: 'key rotation',
  missing: null,
  run: (options, counts) =>
    inFolder(async (folder) => {
      await register(folder);
      const command = {
        source: 'src/cli/master-key.ts',
        arguments: ['rotate'],
        environment: { DATA_DIR: folder },
        begun: 'Added a new master key',
        longestMs: 250,
      };
      await killAgainAndAgain(folder, command, options, counts, () => undefined);
    }),
};

/** A data folder that an old program left plain is sealed in the background, and made plain again when it is done. */
export const protections: FaultKind = {
  name: 'background encryption',
  missing: null,
  run: (options, counts) =>
    inFolder(async (folder) => {
      await register(folder);
      unprotectFolder(folder);
      const command = {
        source: 'test/support/service/protecting-child.ts',
        arguments: [folder],
        environment: {},
        begun: 'begun',
        longestMs: 400,
      };
      await killAgainAndAgain(folder, command, options, counts, () => {
        unprotectFolder(folder);
      });
    }),
};
