import type { Dirent } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { uuidv7 } from 'uuidv7';
import { ServiceError } from '../errors.js';
import { assertImageKey } from './image-key.js';
import type { ImageStore, ImageStoreInventory } from './image-store.js';
import { syncFolder } from '../atomic-file.js';
import { createPrivateFolder, PRIVATE_FILE_MODE, PRIVATE_FOLDER_MODE } from './private-file.js';

export interface LocalImageStoreOptions {
  /**
   * Age in milliseconds at which an unfinished file belongs to a process that died; 0 when no other process uses
   * the folder.
   * @default 0
   */
  readonly abandonedAfterMs?: number;
}

/** Image files in a folder, `ab/<uuidv7>.jpg` below it. */
export class LocalImageStore implements ImageStore, ImageStoreInventory {
  readonly #durableShards = new Set<string>();
  readonly #temporaryFolder: string;

  private constructor(private readonly folder: string) {
    this.#temporaryFolder = join(folder, 'incoming');
  }

  /**
   * Deletes files that a killed process had not finished writing.
   * @param folder created with access for its owner alone.
   */
  static async open(
    folder: string,
    { abandonedAfterMs = 0 }: LocalImageStoreOptions = {},
  ): Promise<LocalImageStore> {
    const store = new LocalImageStore(folder);
    createPrivateFolder(store.#temporaryFolder);
    await syncFolder(dirname(folder));
    await syncFolder(folder);
    await store.#sweep(Date.now() - abandonedAfterMs);
    return store;
  }

  put(key: string, bytes: Uint8Array): Promise<void> {
    return available(async () => {
      const file = this.#pathOf(key);
      const temporary = await this.#writeTemporary(bytes);
      try {
        await this.#ensureShard(dirname(file));
        await rename(temporary, file);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
      await syncFolder(dirname(file));
    });
  }

  get(key: string): Promise<Uint8Array> {
    return available(() => readFile(this.#pathOf(key)));
  }

  delete(key: string): Promise<void> {
    return available(async () => {
      const file = this.#pathOf(key);
      try {
        await unlink(file);
      } catch (error) {
        if (errorCode(error) === 'ENOENT') return;
        throw error;
      }
      await syncFolder(dirname(file));
    });
  }

  ping(): Promise<void> {
    return available(async () => {
      await rm(await this.#writeTemporary(new Uint8Array(1)));
    });
  }

  async *names(): AsyncIterable<string> {
    const entries = await readdir(this.folder, { withFileTypes: true });
    for (const { name, isFolder } of sorted(entries)) {
      if (join(this.folder, name) === this.#temporaryFolder) continue;
      if (!isFolder) yield name;
      else
        for (const file of await readdir(join(this.folder, name)).then((names) => names.sort()))
          yield `${name}/${file}`;
    }
  }

  async has(key: string): Promise<boolean> {
    const found = await stat(this.#pathOf(key)).catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') return null;
      throw error;
    });
    return found !== null;
  }

  #pathOf(key: string): string {
    assertImageKey(key);
    return join(this.folder, key);
  }

  async #sweep(writtenBefore: number): Promise<void> {
    for (const name of await readdir(this.#temporaryFolder)) {
      const file = join(this.#temporaryFolder, name);
      // Another process may have put the file in its place by now.
      const status = await stat(file).catch(() => null);
      if (status !== null && status.mtimeMs <= writtenBefore) await rm(file, { force: true });
    }
  }

  async #writeTemporary(bytes: Uint8Array): Promise<string> {
    const temporary = join(this.#temporaryFolder, uuidv7());
    const handle = await open(temporary, 'wx', PRIVATE_FILE_MODE);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    } finally {
      await handle.close();
    }
    return temporary;
  }

  /** A file is only durable when the folder it lies in is. */
  async #ensureShard(shard: string): Promise<void> {
    if (this.#durableShards.has(shard)) return;
    await mkdir(shard, { recursive: true, mode: PRIVATE_FOLDER_MODE });
    await syncFolder(this.folder);
    this.#durableShards.add(shard);
  }
}

/** As the paths below them sort: a folder's name ends with a slash there. */
function sorted(entries: readonly Dirent[]): { name: string; isFolder: boolean }[] {
  const path = ({ name, isFolder }: { name: string; isFolder: boolean }) => (isFolder ? `${name}/` : name);
  return entries
    .map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }))
    .sort((a, b) => (path(a) < path(b) ? -1 : 1));
}

const passingConditions = new Set([
  'ENOSPC',
  'EDQUOT',
  'EROFS',
  'EIO',
  'EMFILE',
  'ENFILE',
  'EACCES',
  'EPERM',
]);

function errorCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

/** Conditions that an operator can end, such as a full disk, become UNAVAILABLE. */
async function available<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const code = errorCode(cause);
    if (typeof code === 'string' && passingConditions.has(code))
      throw new ServiceError('UNAVAILABLE', { cause });
    throw cause;
  }
}
