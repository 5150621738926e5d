import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

// Taken once: a service that runs in this process moves it below its own data.
const parent = tmpdir();

/** A new folder, deleted when the running test has finished. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(parent, 'facial-verification-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}
