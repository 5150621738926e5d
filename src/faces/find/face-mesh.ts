import type { MeshPoints } from './mesh-points.js';
import { modelCatalogue, modelFile } from '../../models/catalogue.js';
import type { FaceCandidate } from './face-candidate.js';
import { poseOf, type HeadPose } from './head-pose.js';
import { ModelSession } from '../../onnx/model-session.js';
import type { Pyramid } from '../picture/pyramid.js';
import { squareAt } from '../picture/planar-similarity.js';
import { warp } from '../picture/warp.js';

const model = modelCatalogue.facemesh;
const inputSide = model.input.shape[3];
const pointCount = model.outputs[1].shape[1];

/** Side of the square the model looks at, in sides of the detector's box. */
const CROP_SCALE = 1.5;

export interface MeshedFace {
  /** Probability that there is a face, 0 to 1. */
  readonly flag: number;
  readonly landmarks: MeshPoints;
  readonly pose: HeadPose;
}

/** FaceMesh: Kartynnik et al., "Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs" (2019). */
export class FaceMesh {
  readonly #session: ModelSession;

  private constructor(session: ModelSession) {
    this.#session = session;
  }

  static async load(intraOpThreads: number): Promise<FaceMesh> {
    return new FaceMesh(
      await ModelSession.load({
        file: modelFile('facemesh'),
        inputName: model.input.name,
        inputShape: model.input.shape,
        intraOpThreads,
      }),
    );
  }

  /** Finds the landmarks of a candidate, whose eyes are made level first. */
  async locate(picture: Pyramid, { middle, side, angle }: FaceCandidate): Promise<MeshedFace> {
    const toPicture = squareAt(middle, side * CROP_SCALE, angle, inputSide);
    const { flag, landmarks: mesh } = await this.#session.run((data) => {
      warp(picture, toPicture, { data, size: inputSide }, model.input);
    });
    if (flag?.[0] === undefined || mesh === undefined)
      throw new Error('The face mesh gave no flag or points.');
    const { a, b, tx, ty } = toPicture;
    const landmarks = new Float32Array(pointCount * 2);
    for (let point = 0; point < pointCount; point++) {
      const x = mesh[point * 3] ?? 0;
      const y = mesh[point * 3 + 1] ?? 0;
      landmarks[point * 2] = a * x - b * y + tx;
      landmarks[point * 2 + 1] = b * x + a * y + ty;
    }
    return { flag: flag[0], landmarks, pose: poseOf(mesh, angle) };
  }
}
