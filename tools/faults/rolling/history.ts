import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CLOSES_OLDER_VERSIONS } from '../../../src/database/mysql/migrations/migration-journal.js';
import { projectRoot } from '../../../src/project-root.js';
import { NotPossibleHere } from '../fault-kind.js';

/** Where the mark is read by which a migration ends the promise; the commit that brought it is the first to keep it. */
const MARK_READERS = 'src/database/mysql';

/** @throws Error when git is missing or says no. */
export function git(...command: readonly string[]): string {
  return execFileSync('git', command, {
    cwd: projectRoot,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}

/** Why no other commit can be built here; null where one can. */
export const historyMissing = whyNoHistory();

function whyNoHistory(): string | null {
  if (!existsSync(join(projectRoot, '.git'))) return 'this is no git checkout';
  return find('HEAD~1') === null
    ? 'git gives no commit before this one: a shallow clone, or git is not installed'
    : null;
}

/** @returns the full name of a commit that the promise covers. @throws NotPossibleHere when there is none of that name. */
export function coveredCommit(name: string): string {
  const commit = find(name);
  if (commit === null) throw new NotPossibleHere(`the history has no commit ${name}`);
  const oldest = oldestCovered();
  if (!isAncestor(oldest, commit))
    throw new NotPossibleHere(
      `${short(commit)} is older than the promise, which begins with ${short(oldest)}`,
    );
  return commit;
}

/** @returns the full name of the first commit whose nodes may restart on the tables of a newer version. */
export function oldestCovered(): string {
  const commit =
    git('log', '--format=%H', `-S${CLOSES_OLDER_VERSIONS}`, '--', MARK_READERS).split('\n').at(-1) ?? '';
  if (commit === '') throw new NotPossibleHere('no commit promises it yet');
  return commit;
}

export function short(commit: string): string {
  return commit.slice(0, 7);
}

function find(name: string): string | null {
  try {
    return git('rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`);
  } catch {
    return null;
  }
}

function isAncestor(older: string, newer: string): boolean {
  try {
    git('merge-base', '--is-ancestor', older, newer);
    return true;
  } catch {
    return false;
  }
}
