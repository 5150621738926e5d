import { modelCatalogue, modelFile, type LivenessModel } from '../models/catalogue.js';
import type { LocatedFace } from './find/face-selection.js';
import { ModelSession } from '../onnx/model-session.js';
import type { Pyramid } from './picture/pyramid.js';
import { squareAt } from './picture/planar-similarity.js';
import { warp } from './picture/warp.js';

/** What each model says of a face, 0 to 1; more is more likely live. */
export interface LivenessScores {
  readonly antispoof: number;
  readonly livenessnet: number;
}

/**
 * Guesses from one picture whether it shows a live face and not a picture of one. docs/liveness.md has how little that
 * is worth.
 */
export class LivenessDetector {
  private constructor(private readonly sessions: Readonly<Record<keyof LivenessScores, ModelSession>>) {}

  static async load(intraOpThreads: number): Promise<LivenessDetector> {
    const load = (name: keyof LivenessScores) =>
      ModelSession.load({
        file: modelFile(name),
        inputName: modelCatalogue[name].input.name,
        inputShape: modelCatalogue[name].input.shape,
        intraOpThreads,
      });
    return new LivenessDetector({
      antispoof: await load('antispoof'),
      livenessnet: await load('livenessnet'),
    });
  }

  /** @returns the lower of what the two models say, 0 to 1: both have to find the face live. */
  async score(picture: Pyramid, face: LocatedFace): Promise<number> {
    const { antispoof, livenessnet } = await this.scores(picture, face);
    return Math.min(antispoof, livenessnet);
  }

  /** Each model by itself. @param face pixels of the picture. */
  async scores(picture: Pyramid, face: LocatedFace): Promise<LivenessScores> {
    return {
      antispoof: await this.#run('antispoof', picture, face),
      livenessnet: await this.#run('livenessnet', picture, face),
    };
  }

  async #run(
    name: keyof LivenessScores,
    picture: Pyramid,
    { middle, side, angle }: LocatedFace,
  ): Promise<number> {
    const { input, outputs, crop }: LivenessModel = modelCatalogue[name];
    const size = input.shape[3];
    const results = await this.sessions[name].run((data) => {
      warp(picture, squareAt(middle, side * crop, angle, size), { data, size }, input);
    });
    // The first value is the one for live faces, of a model with two classes too.
    const live = results[outputs[0]?.name ?? '']?.[0];
    if (live === undefined) throw new Error(`The model ${name} gave no score.`);
    return live;
  }
}
