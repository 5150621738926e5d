import type {
  FaceAnalysis,
  FaceComparison,
  FaceInspection,
  IdentifiedUser,
} from '../../../src/users/face-inspection.js';
import type { InMemoryUserService } from './in-memory-user-service.js';
import { testRequest } from './test-origin.js';

const point = { x: 1, y: 2 };

/** The inspection that goes with an {@link InMemoryUserService}: equal texts show the same person. */
export class InMemoryInspection implements FaceInspection {
  constructor(private readonly users: InMemoryUserService) {}

  async analyse(image: Uint8Array): Promise<FaceAnalysis> {
    await this.users.before('analyse', testRequest);
    return {
      box: { x: 0, y: 0, width: image.length, height: image.length },
      points: {
        rightEye: point,
        leftEye: point,
        noseTip: point,
        rightMouthCorner: point,
        leftMouthCorner: point,
      },
      pose: { yaw: 0, pitch: 0, roll: 0 },
      sharpness: 0.1,
      brightness: 0.5,
      size: image.length,
      detectionScore: 1,
      liveness: 0.75,
      problem: null,
    };
  }

  async compare(first: Uint8Array, second: Uint8Array): Promise<FaceComparison> {
    await this.users.before('compare', testRequest);
    const samePerson = Buffer.compare(first, second) === 0;
    return { similarity: samePerson ? 1 : 0, samePerson };
  }

  async identify(image: Uint8Array, count: number): Promise<IdentifiedUser[]> {
    await this.users.before('identify', testRequest);
    const face = Buffer.from(image).toString('latin1');
    const shown = [...this.users.faces.values()].filter((known) => known.face === face);
    return shown.slice(0, count).map(({ user }) => ({ userId: user.id, similarity: 1 }));
  }
}
