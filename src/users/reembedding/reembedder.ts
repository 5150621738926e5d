import { setTimeout as wait } from 'node:timers/promises';
import { uuidv7 } from 'uuidv7';
import { ServiceError } from '../../errors.js';
import { patiently } from '../../patiently.js';
import type { FaceService } from '../../faces/face-service.js';
import { readImage } from '../../protection/read-image.js';
import type { ImageStore } from '../../storage/image-store.js';
import type { UnembeddedImage } from './missing-templates.js';
import type { Database } from '../../database/database.js';

const PAGE_SIZE = 256;

export interface ReembedderOptions {
  readonly database: Pick<Database, 'missingTemplates' | 'protection'>;
  readonly images: ImageStore;
  readonly faces: FaceService;
}

export interface ReembedEverybodyOptions {
  readonly modelId: string;
  /** Pictures worked on at a time. */
  readonly concurrency: number;
  /** Ends the work after the pictures under way. */
  readonly signal: AbortSignal;
  /** Whether to rest after each picture as long as it took, for the sake of those who wait for answers. */
  readonly considerate: boolean;
  /** Called for each picture that could not be embedded; it stays for the next time. */
  readonly onFailure: (image: UnembeddedImage, reason: unknown) => void;
  /** Called after each picture with the number of those done. */
  readonly onProgress?: (done: number) => void;
  /**
   * How often a picture is tried while something is unavailable for the moment.
   * @default 8
   */
  readonly attempts?: number;
  /**
   * Milliseconds before the second attempt; doubled for each later one.
   * @default 500
   */
  readonly retryDelayMs?: number;
}

export interface ReembeddingCounts {
  /** Pictures that now have a template, or are gone. */
  readonly done: number;
  readonly failed: number;
}

/** Makes the templates that are missing after another embedder was chosen, from the pictures that were kept. */
export class Reembedder {
  constructor(private readonly options: ReembedderOptions) {}

  /**
   * Makes the templates one user lacks. Pictures in which the present models find no single face are left out.
   * @throws ServiceError OVERLOADED, UNAVAILABLE, CANCELLED.
   */
  async complete(userId: string, modelId: string, signal?: AbortSignal): Promise<void> {
    const { missingTemplates } = this.options.database;
    for (const image of await missingTemplates.page({ modelId, userId, first: PAGE_SIZE })) {
      try {
        await this.#embed(image, modelId, signal);
      } catch (error) {
        if (!(error instanceof ServiceError)) throw error;
        if (error.retryable && (await this.#isMissing(image, modelId))) throw error;
      }
    }
  }

  /** Makes all templates that are missing. What is interrupted goes on where it was the next time. */
  async everybody(options: ReembedEverybodyOptions): Promise<ReembeddingCounts> {
    const counts = { done: 0, failed: 0 };
    const queue = this.#everyImage(options);
    const work = async () => {
      for (;;) {
        const { value: image } = await queue.next();
        if (image === undefined || options.signal.aborted) return;
        const started = performance.now();
        try {
          if (!(await this.#patiently(image, options))) return;
          counts.done += 1;
        } catch (error) {
          counts.failed += 1;
          options.onFailure(image, error);
        }
        options.onProgress?.(counts.done + counts.failed);
        if (options.considerate) await rest(performance.now() - started, options.signal);
      }
    };
    await Promise.all(Array.from({ length: options.concurrency }, work));
    return counts;
  }

  async *#everyImage({
    modelId,
    signal,
  }: ReembedEverybodyOptions): AsyncGenerator<UnembeddedImage, undefined> {
    let after = '';
    while (!signal.aborted) {
      const page = await this.options.database.missingTemplates.page({ modelId, first: PAGE_SIZE, after });
      yield* page;
      const last = page.at(-1);
      if (last === undefined) return;
      after = last.key;
    }
  }

  /** @returns false when the work is to end first. */
  async #patiently(image: UnembeddedImage, options: ReembedEverybodyOptions): Promise<boolean> {
    const { modelId, signal, attempts = 8, retryDelayMs = 500 } = options;
    try {
      await patiently(
        async () => {
          try {
            await this.#embed(image, modelId, signal);
          } catch (error) {
            if (signal.aborted || (await this.#isMissing(image, modelId))) throw error;
          }
        },
        { attempts, retryDelayMs, signal },
      );
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    }
  }

  async #embed(image: UnembeddedImage, modelId: string, signal?: AbortSignal): Promise<void> {
    const { database, faces } = this.options;
    const bytes = await readImage(image, { ...this.options, ...database });
    const face = await faces.extract(bytes, signal ? { signal } : {});
    if (face.modelId !== modelId)
      throw new Error(`The face workers make templates of ${face.modelId}, not of ${modelId}.`);
    await database.missingTemplates.add(image, { templateId: uuidv7(), modelId, vector: face.template });
  }

  /** Whether the picture is still there and still without a template. */
  async #isMissing({ userId, key }: UnembeddedImage, modelId: string): Promise<boolean> {
    const { missingTemplates } = this.options.database;
    const page = await missingTemplates.page({ modelId, userId, first: PAGE_SIZE });
    return page.some((image) => image.key === key);
  }
}

async function rest(durationMs: number, signal: AbortSignal): Promise<void> {
  // Ends early, and well, when the work is to end.
  await wait(durationMs, undefined, { signal }).catch(() => undefined);
}
