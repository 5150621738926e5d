import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readDataFolder } from '../../test/support/databases/read-data-folder.js';
import { runCommand } from '../../test/support/service/run-command.js';
import { sampleFace, strangers } from '../../test/support/pictures/sample-faces.js';
import { seededChance } from '../../test/support/seeded-chance.js';
import { inFolder, type FaultKind } from './fault-kind.js';
import { killedCommand } from './killed-command.js';

/** Few enough that the command reports each. */
export const importedPeople = strangers.slice(0, 10);

export async function writePeople(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of importedPeople) await writeFile(join(folder, `${name}.jpg`), await sampleFace(name));
}

/** `npm run import` again and again until everybody is enrolled; then into an empty folder. */
export const imports: FaultKind = {
  name: 'import',
  missing: null,
  run: ({ rounds, seed }, counts) =>
    inFolder(async (folder) => {
      const chance = seededChance(seed);
      const people = join(folder, 'people');
      await writePeople(people);
      const kills = counts.kills + rounds;
      for (let attempt = 0; counts.kills < kills; attempt += 1) {
        const dataDir = join(folder, `data-${attempt}`);
        const command = {
          source: 'src/cli/import.ts',
          arguments: [people],
          environment: { DATA_DIR: dataDir },
        };
        for (let finished = false; !finished;) {
          const begun = chance() < 0.2 ? null : ' of 10\n';
          const afterMs = chance() * (begun === null ? 1000 : 300);
          const { code, output } =
            counts.kills < kills
              ? await killedCommand(command, { begun, afterMs }, counts)
              : await runCommand(command);
          const reported = Number([...output.matchAll(/(\d+) of 10\n/g)].at(-1)?.[1] ?? 0);
          if (code !== null && code !== 0) throw new Error(`The import ended with ${code}: ${output}`);
          counts.acknowledged += reported;
          if (code === null) counts.interrupted += 1;
          finished = code === 0;
          const exists = existsSync(join(dataDir, 'images', 'incoming'));
          const { people: stored, problems } = exists
            ? readDataFolder(dataDir)
            : { people: new Map(), problems: [] };
          if (stored.size < reported)
            throw new Error(`${stored.size} are enrolled, ${reported} were reported.`);
          if (!finished) continue;
          if (problems.length > 0) throw new Error(problems.join('; '));
          if (stored.size !== importedPeople.length) throw new Error(`${stored.size} people are enrolled.`);
        }
      }
    }),
};
