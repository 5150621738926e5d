import { DatabaseSync } from '@photostructure/sqlite';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../../test/support/service/run-command.js';
import { seededChance } from '../../test/support/seeded-chance.js';
import { projectionEmbedder, writeOwnModel } from '../../test/support/models/tiny-models.js';
import { inFolder, type FaultKind } from './fault-kind.js';
import { importedPeople, writePeople } from './import-kind.js';
import { killedCommand } from './killed-command.js';

interface Templates {
  readonly users: number;
  /** Pictures by the number of their templates of the newest model. */
  readonly with: number;
  readonly without: number;
  readonly integrity: unknown;
}

/** `npm run reembed` again and again until everybody has templates; then with yet another model. */
export const reembedding: FaultKind = {
  name: 're-embedding',
  missing: null,
  run: ({ rounds, seed }, counts) =>
    inFolder(async (folder) => {
      const chance = seededChance(seed);
      const dataDir = join(folder, 'data');
      await writePeople(join(folder, 'people'));
      const imported = await runCommand({
        source: 'src/cli/import.ts',
        arguments: [join(folder, 'people')],
        environment: { DATA_DIR: dataDir },
      });
      if (imported.code !== 0) throw new Error(imported.output);

      const kills = counts.kills + rounds;
      for (let model = 1; counts.kills < kills; model += 1) {
        const modelFolder = join(folder, `model-${model}`);
        await mkdir(modelFolder);
        const description = await writeOwnModel(modelFolder, projectionEmbedder(32, model), {
          dimension: 32,
        });
        const command = {
          source: 'src/cli/reembed.ts',
          environment: { DATA_DIR: dataDir, FACE_EMBEDDER: description },
        };
        let done = 0;
        for (let finished = false; !finished;) {
          const { code, output } =
            counts.kills < kills
              ? await killedCommand(command, { begun: '1 of ', afterMs: chance() * 300 }, counts)
              : await runCommand(command);
          if (code !== null && code !== 0) throw new Error(`Embedding ended with ${code}: ${output}`);
          done += Number([...output.matchAll(/(\d+) of \d+\n/g)].at(-1)?.[1] ?? 0);
          if (code === null) counts.interrupted += 1;
          finished = code === 0;
          const found = templatesIn(dataDir);
          if (found.users !== importedPeople.length) throw new Error(`${found.users} users are left.`);
          if (found.integrity !== 'ok') throw new Error(`integrity: ${String(found.integrity)}`);
          if (finished && found.without > 0)
            throw new Error(`${found.without} pictures are without a template.`);
        }
        counts.acknowledged += done;
      }
    }),
};

function templatesIn(dataDir: string): Templates {
  const database = new DatabaseSync(join(dataDir, 'facial-verification.sqlite'), { readOnly: true });
  try {
    const one = (sql: string) => Object.values(database.prepare(sql).get() as Record<string, unknown>)[0];
    const newest = "(SELECT model_id FROM templates WHERE model_id LIKE 'own@%' ORDER BY rowid DESC LIMIT 1)";
    const having = Number(
      one(`SELECT count(DISTINCT image_key) AS n FROM templates WHERE model_id = ${newest}`),
    );
    return {
      users: Number(one('SELECT count(*) AS n FROM users')),
      with: having,
      without: Number(one('SELECT count(*) AS n FROM images')) - having,
      integrity: one('PRAGMA integrity_check'),
    };
  } finally {
    database.close();
  }
}
