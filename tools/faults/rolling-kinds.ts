import { join } from 'node:path';
import { mariadbMissing } from '../../test/support/databases/mariadb-server.js';
import { inFolder, NotPossibleHere, type FaultKind } from './fault-kind.js';
import { buildCommit, buildFurther, thisBuild } from './rolling/build.js';
import { coveredCommit, git, historyMissing, oldestCovered } from './rolling/history.js';
import { roll } from './rolling/roll.js';

/** From the commit before, or a named one, to this build. */
export const previousUpgrades: FaultKind = {
  name: 'rolling upgrade from the commit before',
  missing: mariadbMissing ?? historyMissing,
  run: (options, counts) =>
    inFolder(async (folder) => {
      const older = await buildCommit(coveredCommit(options.previous ?? 'HEAD~1'), join(folder, 'older'));
      await roll({ older, newer: thisBuild }, options, counts);
    }),
};

/** From the first commit that promises it. */
export const oldestUpgrades: FaultKind = {
  name: 'rolling upgrade from the oldest commit',
  missing: mariadbMissing ?? historyMissing,
  run: (options, counts) =>
    inFolder(async (folder) => {
      const oldest = oldestCovered();
      if (oldest === git('rev-parse', 'HEAD'))
        throw new NotPossibleHere('the promise begins with this commit');
      const older = await buildCommit(oldest, join(folder, 'older'));
      await roll({ older, newer: thisBuild }, options, counts);
    }),
};

/** To a build with one more migration: most commits bring none, and then the other two migrate nothing. */
export const furtherUpgrades: FaultKind = {
  name: 'rolling upgrade to a further migration',
  missing: mariadbMissing,
  run: (options, counts) =>
    inFolder(async (folder) => {
      await roll({ older: thisBuild, newer: await buildFurther(join(folder, 'newer')) }, options, counts);
    }),
};
