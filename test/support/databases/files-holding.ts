import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Paths of the files anywhere below a folder that hold one of the byte strings. */
export function filesHolding(folder: string, needles: readonly Uint8Array[]): string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return files
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => {
      const bytes = readFileSync(path);
      return needles.some((needle) => bytes.includes(Buffer.from(needle)));
    });
}
