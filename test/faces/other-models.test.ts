import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chooseDetector, chooseEmbedder } from '../../src/models/choose-models.js';
import { modelCatalogue } from '../../src/models/catalogue.js';
import { optionalModels } from '../../src/models/optional-models.js';
import { chipToPicture } from '../../src/faces/embed/face-chip.js';
import { loadDetector } from '../../src/faces/find/load-detector.js';
import { FaceEmbedder } from '../../src/faces/embed/face-embedder.js';
import { createFacePipeline } from '../../src/faces/face-pipeline.js';
import type { ChosenEmbedder } from '../../src/models/chosen-model.js';
import { Pyramid } from '../../src/faces/picture/pyramid.js';
import { applyTo, inverse, similarity } from '../../src/faces/picture/planar-similarity.js';
import type { ValueMapping } from '../../src/faces/picture/warp.js';
import { matchSettings } from '../../src/users/decision/match-settings.js';
import { sampleFace } from '../support/pictures/sample-faces.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import {
  echoEmbedder,
  fixedYunet,
  projectionEmbedder,
  writeOwnModel,
} from '../support/models/tiny-models.js';

const SIZE = 112;

/** Where ArcFace's template has eyes, nose tip and mouth corners, as its authors publish it. */
const template = [
  [38.2946, 51.6963],
  [73.5318, 51.5014],
  [56.0252, 71.7366],
  [41.5493, 92.3655],
  [70.7299, 92.2041],
] as const;

/** Landmarks whose five points lie where the template has them, moved by a similarity. */
function landmarks(move: (x: number, y: number) => readonly [number, number]): Float32Array {
  const points = new Float32Array(936);
  const mesh = [[33, 160, 158, 133, 153, 144], [362, 385, 387, 263, 373, 380], [1], [61], [291]];
  mesh.forEach((indices, place) => {
    const [x, y] = template[place] ?? [NaN, NaN];
    for (const index of indices) points.set(move(x + 0.5, y + 0.5), index * 2);
  });
  return points;
}

/** A picture whose red, green and blue differ in every pixel. */
function gradient(): Pyramid {
  const data = Buffer.alloc(SIZE * SIZE * 4);
  for (let pixel = 0; pixel < SIZE * SIZE; pixel++) {
    data.set([pixel % SIZE, Math.floor(pixel / SIZE), 255 - (pixel % SIZE), 255], pixel * 4);
  }
  return new Pyramid({ data, width: SIZE, height: SIZE });
}

async function echo(input: Partial<ChosenEmbedder['model']['input']>): Promise<FaceEmbedder> {
  const folder = temporaryFolder();
  const path = join(folder, 'echo.onnx');
  await writeFile(path, echoEmbedder());
  const sface = optionalModels.sface;
  const model = {
    ...sface,
    outputs: [],
    dimension: 3 * SIZE ** 2,
    input: { ...sface.input, ...input },
  };
  return FaceEmbedder.load({ modelId: 'echo', model, path }, 1);
}

/** The direction of chip plus mirrored chip of the gradient, for planes in the given order. */
function expected(channels: readonly number[], { mean, divisor }: ValueMapping): number[] {
  const plane = (channel: number, index: number, shift = NaN) => {
    const x = index % SIZE;
    const value = (at: number) => [at, Math.floor(index / SIZE), 255 - at][channel] ?? NaN;
    return (value(x) + value(SIZE - 1 - x) - 2 * shift) / divisor;
  };
  const sum = channels.flatMap((channel, place) =>
    Array.from({ length: SIZE ** 2 }, (_, at) => plane(channel, at, mean[place])),
  );
  const length = Math.hypot(...sum);
  return sum.map((value) => value / length);
}

function largestDifference(found: Float32Array, wanted: readonly number[]): number {
  expect(found).toHaveLength(wanted.length);
  return found.reduce((most, value, at) => Math.max(most, Math.abs(value - (wanted[at] ?? NaN))), 0);
}

describe('embedders with the five-point template', () => {
  it.each([
    ['SFace, raw red, green, blue', optionalModels.sface.input, [0, 1, 2]],
    ['AuraFace, -1 to 1', optionalModels.auraface.input, [0, 1, 2]],
    [
      'one for blue, green, red with means of their own',
      { ...optionalModels.sface.input, colours: 'BGR', mean: [100, 20, 3], divisor: 50 } as const,
      [2, 1, 0],
    ],
  ])('are given exactly what they want: %s', async (_, input, channels) => {
    const embedder = await echo({ ...input, name: 'data' });
    const { template: found } = await embedder.embed(
      gradient(),
      landmarks((x, y) => [x, y]),
    );
    expect(largestDifference(found, expected(channels, input))).toBeLessThan(1e-6);
  });

  it('see the template points where they belong, however the face lies in the picture', () => {
    const move = similarity(2.7, 0.6, 120, -35);
    const toPicture = chipToPicture(
      landmarks((x, y) => {
        const moved = applyTo({ x, y }, move);
        return [moved.x, moved.y];
      }),
      { shape: 'arcface-5', size: 112 },
    );
    for (const [x, y] of template) {
      const back = applyTo(applyTo({ x: x + 0.5, y: y + 0.5 }, move), inverse(toPicture));
      expect(back.x).toBeCloseTo(x + 0.5, 3);
      expect(back.y).toBeCloseTo(y + 0.5, 3);
    }
  });

  it('run in the whole pipeline, with templates under their own name and the same sharpness', async () => {
    const folder = temporaryFolder();
    const path = await writeOwnModel(folder, projectionEmbedder(96), { dimension: 96 });
    const embedder = await chooseEmbedder(path);
    expect(embedder.modelId).toMatch(/^own@[0-9a-f]{12}$/);
    const pipeline = await createFacePipeline({ maxPixels: 1e7, embedder });
    const usual = await createFacePipeline({ maxPixels: 1e7 });
    const picture = await sampleFace('sample1-left');

    const face = await pipeline.extract(picture);
    expect(face.modelId).toBe(embedder.modelId);
    expect(face.template).toHaveLength(96);
    expect(Math.hypot(...face.template)).toBeCloseTo(1, 5);
    const before = await usual.extract(picture);
    expect(before.modelId).toBe('dlib-faceres-v2');
    expect(face.sharpness).toBe(before.sharpness);
  });
});

describe('a detector of the kind of YuNet', () => {
  const face = { cls: 0.9, obj: 0.9, points: [-1, 0, 1, 0, 0, 1, -1, 2, 1, 2] };

  async function detect(cells: Parameters<typeof fixedYunet>[0], picture = gradient(), scale = 640) {
    const path = join(temporaryFolder(), 'yunet.onnx');
    await writeFile(path, fixedYunet(cells));
    const detector = await loadDetector({ model: optionalModels.yunet, path }, 1);
    return detector.detect(picture, similarity(scale, 0, 0, 0));
  }

  it.each([8, 16, 32] as const)('is read at stride %i', async (stride) => {
    const found = await detect([{ ...face, stride, column: 7, row: 3 }]);
    expect(found).toHaveLength(1);
    const [{ middle, side, angle, score } = { middle: { x: 0, y: 0 }, side: 0, angle: 1, score: 0 }] = found;
    expect(score).toBeCloseTo(0.9, 5);
    expect(angle).toBeCloseTo(0, 5);
    expect(middle.x).toBeCloseTo(7 * stride, 3);
    expect(middle.y).toBeCloseTo((3 + 2 * 0.49) * stride, 3);
    expect(side).toBeCloseTo((2 + 2) * stride * 1.14, 3);
  });

  it('gives places and angles in pixels of the picture', async () => {
    const tilted = [0, 0, 1, 1, 0, 1, -1, 1, 0, 2];
    const [found] = await detect(
      [{ ...face, points: tilted, stride: 8, column: 10, row: 20 }],
      gradient(),
      320,
    );
    expect(found?.angle).toBeCloseTo(Math.PI / 4, 5);
    expect(found?.middle.x).toBeCloseTo((10 + 0.5 - 0.49) * 4, 3);
    expect(found?.middle.y).toBeCloseTo((20 + 0.5 + 0.49) * 4, 3);
  });

  it('wants both probabilities, and takes a face seen at two strides for one', async () => {
    expect(await detect([{ ...face, cls: 1, obj: 0.3, stride: 8, column: 4, row: 4 }])).toEqual([]);
    const twice = await detect([
      { ...face, cls: 0.8, stride: 16, column: 10, row: 10 },
      { ...face, stride: 32, column: 5, row: 5, points: face.points.map((value) => value / 2) },
      { ...face, stride: 8, column: 60, row: 60 },
    ]);
    expect(twice).toHaveLength(2);
    expect(twice.map(({ score }) => score.toFixed(2))).toEqual(['0.90', '0.90']);
  });

  it('finds with the mesh what it points at in a real photo', async () => {
    const picture = await sampleFace('sample1-left');
    const usual = await createFacePipeline({ maxPixels: 1e7 });
    const before = await usual.extract(picture);
    const at = (index: number) => [
      before.landmarks[index * 2] ?? NaN,
      before.landmarks[index * 2 + 1] ?? NaN,
    ];
    // Of 420 × 460 pixels the detector sees the letterboxed square.
    const inCells = ([x = NaN, y = NaN]: number[]) => [((x + 20) / 460) * 80, (y / 460) * 80];
    const points = [159, 386, 1, 61, 291].flatMap((index) => inCells(at(index)));
    const path = join(temporaryFolder(), 'yunet.onnx');
    await writeFile(path, fixedYunet([{ stride: 8, column: 0, row: 0, cls: 1, obj: 1, points }]));
    const pipeline = await createFacePipeline({
      maxPixels: 1e7,
      detector: { model: optionalModels.yunet, path },
    });

    const face = await pipeline.extract(picture);
    const cosine = face.template.reduce((sum, value, at) => sum + value * (before.template[at] ?? NaN), 0);
    expect(cosine).toBeGreaterThan(0.98);
  });
});

describe('the choice of models', () => {
  it('names what is missing and the command that adds it', async () => {
    const folder = temporaryFolder();
    await expect(chooseEmbedder('sface', folder)).rejects.toThrow('npm run models -- add sface');
    await expect(chooseDetector('yunet', folder)).rejects.toThrow('npm run models -- add yunet');
    await expect(chooseEmbedder('yunet', folder)).rejects.toThrow('There is no embedder "yunet"');
    await expect(chooseEmbedder('toString', folder)).rejects.toThrow(
      'dlib-faceres-v2, dlib-faceres-v1, dlib-resnet-v1, sface, auraface',
    );
  });

  it('refuses a file that is not the one in the catalogue', async () => {
    const folder = temporaryFolder();
    await writeFile(join(folder, optionalModels.sface.file), 'something else');
    await expect(chooseEmbedder('sface', folder)).rejects.toThrow(optionalModels.sface.sha256);
  });

  it.each([
    ['is no JSON', 'x', 'not JSON'],
    ['has a field too many', JSON.stringify({ name: 'own', chips: 1 }), 'chips'],
    ['has a bad name', JSON.stringify({ name: 'Own Model' }), 'small letters'],
  ])('refuses a description that %s', async (_, text, reason) => {
    const path = join(temporaryFolder(), 'own.json');
    await writeFile(path, text);
    await expect(chooseEmbedder(path)).rejects.toThrow(reason);
  });

  it('gives another name to templates of another file or another input', async () => {
    const folder = temporaryFolder();
    const ids = [];
    for (const [seed, extra] of [
      [1, {}],
      [2, {}],
      [2, { divisor: 128 }],
      [2, { divisor: 128, thresholdsFrom: 'measured here' }],
    ] as const) {
      const path = await writeOwnModel(folder, projectionEmbedder(16, seed), { dimension: 16, ...extra });
      ids.push((await chooseEmbedder(path)).modelId);
    }
    expect(new Set(ids).size).toBe(3);
    expect(ids[3]).toBe(ids[2]);
  });

  it('asks for a threshold where nobody measured one', () => {
    const sface: ChosenEmbedder = { modelId: 'sface', model: optionalModels.sface, path: '' };
    const dlib: ChosenEmbedder = { ...sface, model: modelCatalogue['dlib-resnet-v1'] };
    const unset = { fmr: '1e-4', threshold: undefined } as const;
    expect(() => matchSettings(unset, sface)).toThrow('MATCH_THRESHOLD');
    expect(matchSettings({ ...unset, threshold: 0.4 }, sface)).toEqual({
      rule: { threshold: 0.4, margin: 0.01 },
      anchors: { fmr1e3: 0.4, fmr1e4: 0.46 },
    });
    expect(matchSettings(unset, dlib).rule.threshold).toBe(0.943);
  });
});
