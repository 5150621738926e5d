import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { assertUserId } from '../users/user-id.js';

/** A person to enrol, with pictures to try in turn. */
export interface PersonFiles {
  readonly id: string;
  /** Paths relative to the folder, sorted; at least one. */
  readonly files: readonly string[];
}

export interface RefusedFile {
  /** Path relative to the folder. */
  readonly file: string;
  /** One sentence for the operator. */
  readonly reason: string;
}

export interface FolderContents {
  /** Sorted by id. */
  readonly people: readonly PersonFiles[];
  readonly refused: readonly RefusedFile[];
}

const imageExtensions = new Set(['.jpg', '.jpeg', '.png', '.webp', '.avif']);

/**
 * Reads a folder of `<id>.jpg` and `<id>/*.jpg` (or png, webp, avif). Names that start with a dot are passed over:
 * systems keep their own files there.
 * @throws Error when the folder cannot be read.
 */
export async function peopleInFolder(folder: string): Promise<FolderContents> {
  const people = new Map<string, string[]>();
  const refused: RefusedFile[] = [];
  const add = (id: string, file: string) => {
    const reason = problemOfId(id);
    if (reason !== null) refused.push({ file, reason });
    else people.set(id, [...(people.get(id) ?? []), file]);
  };
  for (const { name, isFolder } of await entries(folder)) {
    if (isFolder) {
      const inside = await entries(join(folder, name));
      const pictures = inside.filter((entry) => !entry.isFolder && isImage(entry.name));
      for (const entry of inside)
        if (!pictures.includes(entry))
          refused.push({ file: join(name, entry.name), reason: 'This is no picture file' });
      if (inside.length === 0) refused.push({ file: name, reason: 'The folder is empty' });
      for (const picture of pictures) add(name, join(name, picture.name));
    } else if (isImage(name)) add(name.slice(0, -extname(name).length), name);
    else refused.push({ file: name, reason: 'This is no picture file' });
  }
  return {
    people: [...people]
      .map(([id, files]) => ({ id, files: files.sort() }))
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
    refused,
  };
}

interface Entry {
  readonly name: string;
  readonly isFolder: boolean;
}

async function entries(folder: string): Promise<Entry[]> {
  const found = await readdir(folder, { withFileTypes: true });
  const visible = found.filter(({ name }) => !name.startsWith('.'));
  return Promise.all(
    visible.map(async (entry) => ({
      name: entry.name,
      isFolder: entry.isSymbolicLink() ? await leadsToFolder(join(folder, entry.name)) : entry.isDirectory(),
    })),
  );
}

/** A link that leads nowhere counts as a file, and is refused when it cannot be read. */
async function leadsToFolder(link: string): Promise<boolean> {
  const target = await stat(link).catch(() => null);
  return target?.isDirectory() ?? false;
}

function isImage(name: string): boolean {
  return imageExtensions.has(extname(name).toLowerCase());
}

function problemOfId(id: string): string | null {
  // What the file system holds is not known then, so neither is the id.
  if (id.includes('\ufffd')) return 'The name is not valid UTF-8';
  try {
    assertUserId(id);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
