import { ServiceError } from '../errors.js';
import { patiently } from '../patiently.js';
import type { GalleryLog } from './gallery-log.js';
import type { Candidate, Gallery, Identifier } from './gallery.js';
import { GalleryThread } from './gallery-thread.js';
import type { GalleryWorkerData } from './gallery-worker.js';

/** How long a gallery that nobody searches may fall behind. */
const FOLLOW_INTERVAL_MS = 5_000;

/** Changes taken over at once: some 50 ms of work. */
const CHANGES_PER_PAGE = 4096;

const LOAD_ATTEMPTS = 3;
const LOAD_RETRY_DELAY_MS = 100;

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
  #loadedTemplates = 0;
  #following: NodeJS.Timeout | undefined;
  readonly #closed = new AbortController();

  constructor(private readonly options: SynchronisedGalleryOptions) {}

  get size(): number {
    return this.#thread?.size ?? 0;
  }

  /** Templates that were loaded so far, also while loading. */
  get loadedTemplates(): number {
    return this.#loadedTemplates;
  }

  /** Last change of the log that was taken over, 0 for none. */
  get revision(): number {
    return this.#revision;
  }

  /** Loads every template; searches made before wait for it. A node that migrates a table meanwhile ends no start. */
  async load(): Promise<void> {
    await patiently(() => this.#current(), {
      attempts: LOAD_ATTEMPTS,
      retryDelayMs: LOAD_RETRY_DELAY_MS,
      signal: this.#closed.signal,
    });
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

  /**
   * Catches up now and then also when nobody searches, so that no search has to make up for a long pause.
   * @param onFailure called when the log could not be read; the next time comes all the same.
   */
  follow(onFailure: (error: unknown) => void, intervalMs = FOLLOW_INTERVAL_MS): void {
    this.#following = setTimeout(() => {
      void this.#inStep()
        .catch(onFailure)
        .then(() => {
          if (this.#following !== undefined) this.follow(onFailure, intervalMs);
        });
    }, intervalMs);
    this.#following.unref();
  }

  async close(): Promise<void> {
    this.#closed.abort();
    clearTimeout(this.#following);
    this.#following = undefined;
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
    while (loaded.revision < revision) {
      const news = await this.options.log.changesSince(
        loaded.revision,
        this.options.modelId,
        CHANGES_PER_PAGE,
      );
      if (news === null) {
        await this.#drop(loaded.thread);
        return;
      }
      await loaded.thread.apply(news.changes);
      loaded.revision = news.revision;
      this.#revision = news.revision;
    }
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
      this.#loadedTemplates = 0;
      const revision = await log.snapshot(modelId, async (templates) => {
        await thread.add(templates);
        this.#loadedTemplates += templates.length;
      });
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
