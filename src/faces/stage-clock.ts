/** Stages of the work on one picture inside a face worker. */
export const pipelineStages = ['decode', 'detect', 'landmarks', 'embed', 'liveness'] as const;

export type PipelineStage = (typeof pipelineStages)[number];

/** With the wait for a free worker. */
export type FaceStage = PipelineStage | 'queue';

/** Milliseconds that one picture spent in each stage it came to. */
export type StageTimes = Readonly<Partial<Record<PipelineStage, number>>>;

/** Adds up how long the stages of one picture take; a stage may run several times, not within itself. */
export class StageClock {
  readonly #times: Partial<Record<PipelineStage, number>> = {};

  get times(): StageTimes {
    return this.#times;
  }

  async time<Result>(stage: PipelineStage, work: () => Promise<Result>): Promise<Result> {
    const started = performance.now();
    try {
      return await work();
    } finally {
      this.#times[stage] = (this.#times[stage] ?? 0) + performance.now() - started;
    }
  }
}
