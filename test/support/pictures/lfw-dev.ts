import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../../src/project-root.js';

const folder = join(projectRoot, '../shared/faces/lfw-dev');

export interface LfwPair {
  readonly first: string;
  readonly second: string;
  /** Whether both pictures show the same person. */
  readonly same: boolean;
}

/** What a prototype of the default pipeline gave for one picture; pixels of the picture. */
export interface LfwReference {
  /** x, y, width, height. */
  readonly box: readonly [number, number, number, number];
  readonly score: number;
  readonly faceFlag: number;
  readonly rightEyeOuter: readonly [number, number];
  readonly leftEyeOuter: readonly [number, number];
  readonly noseBase: readonly [number, number];
  readonly template: readonly number[];
}

/** Optional research pictures beside the project; null where they are absent. */
export const lfwDev = existsSync(join(folder, 'pairs.csv'))
  ? {
      /** File names of all pictures, sorted. */
      names: () => readdirSync(join(folder, 'images')).sort(),
      picture: (name: string) => readFileSync(join(folder, 'images', name)),
      pairs: (): LfwPair[] =>
        readFileSync(join(folder, 'pairs.csv'), 'utf8')
          .trim()
          .split('\n')
          .slice(1)
          .map((line) => {
            const [first = '', second = '', same] = line.trim().split(',');
            return { first, second, same: same === '1' };
          }),
      references: () =>
        JSON.parse(readFileSync(join(folder, 'reference.json'), 'utf8')) as Record<string, LfwReference>,
    }
  : null;

/** Title suffix for suites that need the pictures, so that a skipped suite says why. */
export const lfwDevNeeded = lfwDev === null ? ` (skipped: no ${folder})` : '';
