import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { createFacePipeline, type FacePipeline } from '../../src/faces/face-pipeline.js';
import { registrationProblem } from '../../src/faces/face-quality.js';
import { facialPoints } from '../../src/faces/find/facial-points.js';
import { lfwDev, lfwDevNeeded } from '../support/pictures/lfw-dev.js';
import { sampleFace, sampleFaces } from '../support/pictures/sample-faces.js';

let pipeline: FacePipeline;

beforeAll(async () => {
  pipeline = await createFacePipeline({ maxPixels: 50_000_000 });
});

const mirrored = (picture: Buffer) => sharp(picture).flop().png().toBuffer();
const turned = (picture: Buffer, degrees: number) =>
  sharp(picture).rotate(degrees, { background: '#808080' }).png().toBuffer();
const brightened = (picture: Buffer, factor: number) => sharp(picture).linear(factor, 0).png().toBuffer();

describe('measures of real faces', () => {
  it('turn the other way in a mirror', async () => {
    for (const name of ['sample1-left', 'sample3-right', 'sample6-left'] as const) {
      const picture = await sampleFace(name, 'png');
      const { pose } = await pipeline.extract(picture);
      const other = await pipeline.extract(await mirrored(picture));
      expect(Math.abs(pose.yaw + other.pose.yaw)).toBeLessThan(6);
      expect(Math.abs(pose.roll + other.pose.roll)).toBeLessThan(4);
      expect(Math.abs(pose.pitch - other.pose.pitch)).toBeLessThan(6);
    }
  });

  it('follow a picture that is turned in roll alone', async () => {
    const picture = await sampleFace('sample3-left', 'png');
    const { pose } = await pipeline.extract(picture);
    for (const degrees of [-25, 20]) {
      const other = await pipeline.extract(await turned(picture, degrees));
      expect(Math.abs(other.pose.roll - pose.roll - degrees)).toBeLessThan(5);
      expect(Math.abs(other.pose.yaw - pose.yaw)).toBeLessThan(8);
      expect(Math.abs(other.pose.pitch - pose.pitch)).toBeLessThan(8);
    }
  });

  it('follow the light', async () => {
    const picture = await sampleFace('sample3-left', 'png');
    const { brightness } = await pipeline.extract(picture);
    expect(brightness).toBeGreaterThan(0.2);
    expect(brightness).toBeLessThan(0.9);
    expect((await pipeline.extract(await brightened(picture, 0.5))).brightness).toBeCloseTo(
      brightness / 2,
      1,
    );
  });

  it('place eyes, nose and mouth as in a face', async () => {
    const { landmarks, box } = await pipeline.extract(await sampleFace('sample3-left'));
    const { rightEye, leftEye, noseTip, rightMouthCorner, leftMouthCorner } = facialPoints(landmarks);
    expect(rightEye.x).toBeLessThan(noseTip.x);
    expect(leftEye.x).toBeGreaterThan(noseTip.x);
    expect(rightMouthCorner.x).toBeLessThan(leftMouthCorner.x);
    expect(Math.max(rightEye.y, leftEye.y)).toBeLessThan(noseTip.y);
    expect(noseTip.y).toBeLessThan(Math.min(rightMouthCorner.y, leftMouthCorner.y));
    for (const { x, y } of [rightEye, leftEye, noseTip, rightMouthCorner, leftMouthCorner]) {
      expect(x).toBeGreaterThan(box.x);
      expect(x).toBeLessThan(box.x + box.width);
      expect(y).toBeGreaterThan(box.y);
      expect(y).toBeLessThan(box.y + box.height);
    }
  });

  it('let every sample face be registered, but not in the dark or in glaring light', async () => {
    for (const name of sampleFaces)
      expect([name, registrationProblem(await pipeline.extract(await sampleFace(name)))]).toEqual([
        name,
        null,
      ]);
    const picture = await sampleFace('sample3-left', 'png');
    expect(registrationProblem(await pipeline.extract(await brightened(picture, 0.06)))).toBe(
      'FACE_TOO_DARK',
    );
    const glaring = await sharp(picture).linear(0.3, 190).png().toBuffer();
    expect(registrationProblem(await pipeline.extract(glaring))).toBe('FACE_TOO_BRIGHT');
  });
});

describe.skipIf(lfwDev === null)(`faces of lfw-dev${lfwDevNeeded}`, () => {
  it('that are turned far away are not for registration, but still found and compared', async () => {
    for (const name of ['Abdullah_Gul_0016.jpg', 'Vaclav_Havel_0001.jpg', 'Fernando_Gonzalez_0003.jpg']) {
      const face = await pipeline.extract(lfwDev?.picture(name) ?? Buffer.alloc(0), 'centre');
      expect([name, registrationProblem(face)]).toEqual([name, 'FACE_TURNED_AWAY']);
    }
  });
});
