import type { Logger } from 'pino';
import { BackgroundJob } from '../../background-job.js';
import type { Reembedder } from './reembedder.js';

export interface BackgroundReembeddingOptions {
  readonly modelId: string;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
}

/**
 * Makes the templates missing for the chosen embedder while the service runs, one picture at a time. Who claims an id
 * before its turn is served at once: verification makes the templates it lacks.
 */
export class BackgroundReembedding extends BackgroundJob {
  constructor(
    private readonly reembedder: Reembedder,
    private readonly options: BackgroundReembeddingOptions,
  ) {
    super();
  }

  protected override async run(signal: AbortSignal): Promise<void> {
    const { modelId, logger } = this.options;
    try {
      const { done, failed } = await this.reembedder.everybody({
        modelId,
        concurrency: 1,
        signal,
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
