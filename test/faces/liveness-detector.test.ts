import * as tf from '@tensorflow/tfjs-core';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { createFacePipeline, type FacePipeline } from '../../src/faces/face-pipeline.js';
import type { LocatedFace } from '../../src/faces/find/face-selection.js';
import { LivenessDetector } from '../../src/faces/liveness-detector.js';
import { Pyramid } from '../../src/faces/picture/pyramid.js';
import { sampleFace } from '../support/pictures/sample-faces.js';
import { humanModel } from '../support/models/tensorflow-models.js';

let detector: LivenessDetector;

beforeAll(async () => {
  detector = await LivenessDetector.load(1);
});

const SIDE = 128;

/** Colours of a real face as a square of some pixels, three bytes each. */
async function face(side: number): Promise<Buffer> {
  return sharp(await sampleFace('sample2-right'))
    .resize(side, side, { fit: 'cover' })
    .removeAlpha()
    .raw()
    .toBuffer();
}

/** A grey picture with a square of pixels in it, and the place of that square as if a detector had found it. */
async function pictureWith(colours: Buffer, side: number, background: string) {
  const size = 3 * side;
  const { data } = await sharp({ create: { width: size, height: size, channels: 4, background } })
    .composite([{ input: colours, raw: { width: side, height: side, channels: 3 }, left: side, top: side }])
    .raw()
    .toBuffer({ resolveWithObject: true });
  return new Pyramid({ data, width: size, height: size });
}

const located = (side: number): LocatedFace => ({
  middle: { x: 1.5 * side, y: 1.5 * side },
  side,
  angle: 0,
  score: 1,
  flag: 1,
  landmarks: new Float32Array(936),
  pose: { yaw: 0, pitch: 0, roll: 0 },
});

/** First value of a model of the package, for interleaved colours. */
function inTensorflow(name: string, colours: ArrayLike<number>, side: number): number {
  return tf.tidy(() => {
    const input = tf.tensor4d(Float32Array.from(colours), [1, side, side, 3]);
    const [output] = humanModel(name, ['Identity'])(tf.div(input, 255));
    return output?.dataSync()[0] ?? NaN;
  });
}

describe('the liveness of a face', () => {
  it('is what the models say of the square around it, each in its order of colours', async () => {
    const large = await face(SIDE);
    const blueFirst = large.map((_, index) => large[index - (index % 3) + 2 - (index % 3)] ?? 0);
    const { antispoof } = await detector.scores(await pictureWith(large, SIDE, '#808080'), located(SIDE));
    expect(antispoof).toBeCloseTo(inTensorflow('antispoof', blueFirst, SIDE), 4);

    const small = await face(32);
    const { livenessnet } = await detector.scores(await pictureWith(small, 32, '#808080'), located(32));
    expect(livenessnet).toBeCloseTo(inTensorflow('liveness', small, 32), 4);
  });

  it('is the lower of the two and does not depend on what is around the face', async () => {
    const colours = await face(SIDE);
    const picture = await pictureWith(colours, SIDE, '#000000');
    const { antispoof, livenessnet } = await detector.scores(picture, located(SIDE));
    expect(await detector.score(picture, located(SIDE))).toBe(Math.min(antispoof, livenessnet));
    const other = await pictureWith(colours, SIDE, '#ffffff');
    // Bilinear sampling and halving may touch the pixels next to the square.
    expect(await detector.score(other, located(SIDE))).toBeCloseTo(Math.min(antispoof, livenessnet), 2);
  });
});

describe('a pipeline', () => {
  let measuring: FacePipeline;

  beforeAll(async () => {
    measuring = await createFacePipeline({ maxPixels: 50_000_000, measureLiveness: true });
  });

  it('measures liveness when told to, the same every time, and the template is the same', async () => {
    const picture = await sampleFace('sample1-left');
    const { liveness, template } = await measuring.extract(picture);
    expect(liveness).toBeGreaterThan(0);
    expect(liveness).toBeLessThan(1);
    expect((await measuring.extract(picture)).liveness).toBe(liveness);
    const silent = await (await createFacePipeline({ maxPixels: 50_000_000 })).extract(picture);
    expect(silent.liveness).toBeNull();
    expect(silent.template).toEqual(template);
  });

  it('looks at the upright face of a picture that lies on its side', async () => {
    const picture = await sampleFace('sample1-left', 'png');
    const upright = (await measuring.extract(picture)).liveness ?? NaN;
    const lying = (await measuring.extract(await sharp(picture).rotate(90).png().toBuffer())).liveness;
    expect(Math.abs((lying ?? NaN) - upright)).toBeLessThan(0.1);
  });
});
