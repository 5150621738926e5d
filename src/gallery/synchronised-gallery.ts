import { ServiceError } from '../errors.js';
import type { GalleryLog } from './gallery-log.js';
import type { Candidate, Gallery, Identifier } from './gallery.js';
import { GalleryThread } from './gallery-thread.js';
import type { GalleryWorkerData } from './gallery-worker.js';

export interface SynchronisedGalleryOptions extends GalleryWorkerData {
  readonly log: GalleryLog;
  /** Only templates of this embedder are searched. */
  readonly modelId: string;
  /** Called when the search thread was lost; the next search loads it again. */
  readonly onThreadLost?: (reason: Error) => void;
}

interface LoadedGallery {
  readonly thread: GalleryThread;
  /** Last revision of the log that the thread knows. */
  revision: number;
  /** Tail of the updates, which run one after the other. */
  updates: Promise<void>;
}

/**
 * A gallery kept in step with the database: each search first reads the revision clock and applies what is
 * newer, so it sees whatever any node committed before the search was asked for.
 */
export class SynchronisedGallery implements Gallery, Identifier {
  #loaded: Promise<LoadedGallery> | null = null;
  #thread: GalleryThread | null = null;
  #revision = 0;

  constructor(private readonly options: SynchronisedGalleryOptions) {}

  get size(): number {
    return this.#thread?.size ?? 0;
  }

  /** Last change of the log that was taken over, 0 for none. */
  get revision(): number {
    return this.#revision;
  }

  /** Loads every template; searches made before wait for it. */
  async load(): Promise<void> {
    await this.#current();
  }

  bestOther(probe: Float32Array, userId: string): Promise<Candidate | null> {
    return this.#search((thread) => thread.bestOther({ probe, userId }));
  }

  closest(probe: Float32Array, count: number): Promise<Candidate[]> {
    return this.#search((thread) => thread.closest({ probe, count }));
  }

  /** Resolves when the gallery can be searched; loads it again after its thread was lost. */
  async ping(): Promise<void> {
    await this.#current();
  }

  async close(): Promise<void> {
    await this.#thread?.close();
  }

  async #search<Result>(search: (thread: GalleryThread) => Promise<Result>): Promise<Result> {
    try {
      return await search((await this.#inStep()).thread);
    } catch (cause) {
      if (cause instanceof ServiceError) throw cause;
      throw new ServiceError('UNAVAILABLE', { cause });
    }
  }

  async #inStep(): Promise<LoadedGallery> {
    const revision = await this.options.log.revision();
    const loaded = await this.#current();
    if (loaded.revision >= revision) return loaded;
    const update = loaded.updates.then(() => this.#catchUp(loaded, revision));
    loaded.updates = update.catch(() => undefined);
    await update;
    // The log may have been cut behind this gallery's back: then it was dropped and is loaded again.
    return this.#current();
  }

  async #catchUp(loaded: LoadedGallery, revision: number): Promise<void> {
    if (loaded.revision >= revision) return;
    const news = await this.options.log.changesSince(loaded.revision, this.options.modelId);
    if (news === null) {
      await this.#drop(loaded.thread);
      return;
    }
    await loaded.thread.apply(news.changes);
    loaded.revision = news.revision;
    this.#revision = news.revision;
  }

  #current(): Promise<LoadedGallery> {
    if (this.#loaded === null) {
      const loading = this.#load();
      this.#loaded = loading;
      loading.catch(() => {
        if (this.#loaded === loading) this.#loaded = null;
      });
    }
    return this.#loaded;
  }

  async #load(): Promise<LoadedGallery> {
    const { log, modelId, dimension, threads } = this.options;
    const thread = new GalleryThread({ dimension, threads }, (reason) => {
      this.options.onThreadLost?.(reason);
      void this.#drop(thread);
    });
    try {
      const revision = await log.snapshot(modelId, (templates) => thread.add(templates));
      this.#thread = thread;
      this.#revision = revision;
      return { thread, revision, updates: Promise.resolve() };
    } catch (error) {
      await thread.close();
      throw error;
    }
  }

  async #drop(thread: GalleryThread): Promise<void> {
    if (this.#thread === thread) {
      this.#thread = null;
      this.#loaded = null;
    }
    await thread.close();
  }
}
