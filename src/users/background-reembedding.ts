import type { Logger } from 'pino';
import type { Reembedder } from './reembedder.js';

export interface BackgroundReembeddingOptions {
  readonly modelId: string;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
}

/**
 * Makes the templates missing for the chosen embedder while the service runs, one picture at a time. Who claims an id
 * before its turn is served at once: verification makes the templates it lacks.
 */
export class BackgroundReembedding {
  readonly #end = new AbortController();
  #work: Promise<void> = Promise.resolve();

  constructor(
    private readonly reembedder: Reembedder,
    private readonly options: BackgroundReembeddingOptions,
  ) {}

  start(): void {
    this.#work = this.#run();
  }

  /** Resolves when the picture under way is done; the rest is left to the next start. */
  async stop(): Promise<void> {
    this.#end.abort();
    await this.#work;
  }

  async #run(): Promise<void> {
    const { modelId, logger } = this.options;
    try {
      const { done, failed } = await this.reembedder.everybody({
        modelId,
        concurrency: 1,
        signal: this.#end.signal,
        considerate: true,
        onFailure: (_, reason) => {
          logger.warn({ err: reason }, 'a picture could not be embedded with the chosen model');
        },
      });
      if (done + failed > 0)
        logger.info({ modelId, pictures: done, failed }, 'embedded pictures with the chosen model');
    } catch (error) {
      logger.error({ err: error }, 'embedding with the chosen model stopped; the next start goes on');
    }
  }
}
