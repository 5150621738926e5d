import { join } from 'node:path';
import { projectRoot } from '../project-root.js';

/** False match rates of one comparison at which thresholds are measured. */
export const matchFmrs = ['1e-2', '1e-3', '1e-4', '1e-5'] as const;

export type MatchFmr = (typeof matchFmrs)[number];

/** A file of an npm package that a model is made of. */
export interface ModelSource {
  readonly package: string;
  /** Path inside the package. */
  readonly file: string;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** One picture, three planes of float32, the first row first; each value is `(v - mean) / divisor` of v in 0 to 255. */
export interface ModelInput {
  /** @default the model's only input */
  readonly name?: string;
  readonly shape: readonly [batch: number | 'batch', channels: 3, height: number, width: number];
  readonly colours: 'RGB' | 'BGR';
  /** In the order of `colours`. */
  readonly mean: readonly [number, number, number];
  readonly divisor: number;
}

export interface ModelOutput {
  readonly name: string;
  readonly shape: readonly (number | 'batch')[];
  readonly unit: 'probability' | 'pixel of the input' | 'none';
  readonly meaning: string;
}

interface ModelBase {
  /** File name under models/. */
  readonly file: string;
  /** SHA-256 of the ONNX file, hexadecimal. */
  readonly sha256: string;
  readonly licence: { readonly spdx: string; readonly origin: string };
  readonly input: ModelInput;
  /** None: the model has one, of whatever name. */
  readonly outputs: readonly ModelOutput[];
}

export interface DetectorModel extends ModelBase {
  readonly role: 'detector';
  /** How the outputs are read. */
  readonly decoding: 'blazeface' | 'yunet';
}

export interface LandmarkModel extends ModelBase {
  readonly role: 'landmarks';
}

/**
 * How the face is cut out, a square of `size` pixels: aligned to dlib's mean face, which is then inset by `padding` of
 * its own size on every side; or to the five points that ArcFace and its kin were trained with.
 */
export type ModelChip =
  | {
      readonly shape: 'dlib-68';
      readonly size: number;
      readonly padding: number;
      /**
       * How much higher the chip lies, in sizes of the mean face.
       * @default 0
       */
      readonly lift?: number;
    }
  | { readonly shape: 'arcface-5'; readonly size: 112 };

export interface EmbedderModel extends ModelBase {
  readonly role: 'embedder';
  /** Length of the embedding. */
  readonly dimension: number;
  readonly chip: ModelChip;
  /** Cosine of two templates at which the false match rate was measured; null where nobody measured it. */
  readonly thresholds: Readonly<Record<MatchFmr, number>> | null;
  /** What the thresholds hold for and how they were measured, or what is known instead. */
  readonly thresholdsFrom: string;
}

/** Describes a face beside an embedder; what it says means too little for thresholds of its own. */
export interface FeatureModel extends ModelBase {
  readonly role: 'features';
  /** Number of features. */
  readonly dimension: number;
  readonly chip: ModelChip;
}

/** Says how likely a picture shows a live face, and not a picture of one: the first value of its only output. */
export interface LivenessModel extends ModelBase {
  readonly role: 'liveness';
  /** Side of the upright square that is cut out around the face, in sides of the detector's box. */
  readonly crop: number;
}

/** A model that is made of files in npm packages. */
export type Model = (DetectorModel | LandmarkModel | EmbedderModel | FeatureModel | LivenessModel) & {
  /** The graph or the list of weights, then the weights themselves. */
  readonly sources: readonly [description: ModelSource, weights: ModelSource];
  readonly input: { readonly name: string };
};

const HUMAN = '@vladmandic/human';
const FACE_API = '@vladmandic/face-api';

/** dlib's ResNet in any precision. */
const dlibResnet = {
  role: 'embedder',
  sources: [
    {
      package: FACE_API,
      file: 'model/face_recognition_model-weights_manifest.json',
      sha256: 'cbaffa501b0b9275a12b63357a6843e7e30c054e1c9151e1a5f879b26e32986b',
    },
    {
      package: FACE_API,
      file: 'model/face_recognition_model.bin',
      sha256: 'b413e420d6840b2775fba32008db6f3cddb07d485967fb42cfcf379c16a8c589',
    },
  ],
  licence: { spdx: 'CC0-1.0', origin: 'dlib, Davis King' },
  input: {
    name: 'input',
    shape: ['batch', 3, 150, 150],
    colours: 'RGB',
    mean: [122.782, 117.001, 104.298],
    divisor: 255,
  },
  outputs: [{ name: 'embedding', shape: ['batch', 128], unit: 'none', meaning: 'Embedding, not normalised' }],
  dimension: 128,
  chip: { size: 150, padding: 0.25, shape: 'dlib-68' },
} as const satisfies Partial<Model>;

/** Human's faceres in any precision. */
const faceres = {
  role: 'features',
  sources: [
    {
      package: HUMAN,
      file: 'models/faceres.json',
      sha256: '5b83d49c0385d2e68a05122441b94226313677cae9fcc40b9587ad50079eb4df',
    },
    {
      package: HUMAN,
      file: 'models/faceres.bin',
      sha256: '2c7d2d62b76c97528b736527aa09d310ea71743c9e3e79fb6c62d4b2d73af79b',
    },
  ],
  licence: { spdx: 'MIT', origin: 'HSE FaceRes, Andrey Savchenko; by way of Human' },
  input: {
    name: 'input',
    shape: ['batch', 3, 224, 224],
    colours: 'BGR',
    mean: [103.939, 116.779, 123.68],
    divisor: 1,
  },
  outputs: [
    {
      name: 'features',
      shape: ['batch', 1024],
      unit: 'none',
      meaning: 'Means of the last feature maps, none below 0 or above 6',
    },
  ],
  dimension: 1024,
  chip: { shape: 'dlib-68', size: 224, padding: 0.4, lift: 0.12 },
} as const satisfies Partial<Model>;

/** The models every installation has, by name; the names are stored beside templates and never change meaning. */
export const modelCatalogue = {
  'blazeface-back': {
    role: 'detector',
    decoding: 'blazeface',
    file: 'blazeface-back.onnx',
    sha256: '671730fb66378370602b83ea14fdbff280816128458413a9ebdc62fc526dd715',
    sources: [
      {
        package: HUMAN,
        file: 'models/blazeface.json',
        sha256: 'cd7bbfc078270572beb39f9e5ae67aadbd50b5e67cff37e6d4f6b3ea39312e5f',
      },
      {
        package: HUMAN,
        file: 'models/blazeface.bin',
        sha256: 'dc9a97fdc50bc43216554bdd69aa3e7b9361a519ee7bdd996a2f69a98a6f9b72',
      },
    ],
    licence: { spdx: 'Apache-2.0', origin: 'MediaPipe, Google' },
    input: {
      name: 'input',
      shape: [1, 3, 256, 256],
      colours: 'RGB',
      mean: [127.5, 127.5, 127.5],
      divisor: 127.5,
    },
    outputs: [
      {
        name: 'scores',
        shape: [1, 896],
        unit: 'probability',
        meaning:
          'That each anchor is a face: 16 × 16 cells of 16 pixels with 2 anchors each, then 8 × 8 cells of 32 pixels with 6, row by row',
      },
      {
        name: 'boxes',
        shape: [1, 896, 16],
        unit: 'pixel of the input',
        meaning:
          "Centre x and y as offsets from the middle of the anchor's cell, width, height, then x and y offsets of right eye, left eye, nose tip, mouth, right ear, left ear",
      },
    ],
  },
  facemesh: {
    role: 'landmarks',
    file: 'facemesh.onnx',
    sha256: '25fd95fc67635dd8e9fb223dd02f0faf6c84673a4fecb167b8877e690379762e',
    sources: [
      {
        package: HUMAN,
        file: 'models/facemesh.json',
        sha256: 'b60ca26f404724f43bd2b1575761d8265180e1f053cc0731caa68462927309e7',
      },
      {
        package: HUMAN,
        file: 'models/facemesh.bin',
        sha256: '3826da640b0a3021161605369ee6af293f75d518040355b960ec71a3390c1c0b',
      },
    ],
    licence: { spdx: 'Apache-2.0', origin: 'MediaPipe, Google' },
    input: { name: 'input', shape: [1, 3, 192, 192], colours: 'RGB', mean: [0, 0, 0], divisor: 255 },
    outputs: [
      { name: 'flag', shape: [1], unit: 'probability', meaning: 'That the crop shows a face' },
      {
        name: 'landmarks',
        shape: [1, 468, 3],
        unit: 'pixel of the input',
        meaning: 'x, y and z of each point of the mesh',
      },
    ],
  },
  'dlib-resnet-v1': {
    ...dlibResnet,
    file: 'dlib-resnet-v1.onnx',
    sha256: '3473d6c607bc5382158f95f6b1908c1736d39badb14ecb25a025f75f30c2e1c1',
    thresholds: { '1e-2': 0.911, '1e-3': 0.929, '1e-4': 0.943, '1e-5': 0.954 },
    thresholdsFrom:
      'All 29.6 million pairs of different people among the 7701 images of LFW View 2; template = sum of the embeddings of chip and mirrored chip, found with blazeface-back and facemesh',
  },
  'dlib-resnet-v1-8bit': {
    ...dlibResnet,
    file: 'dlib-resnet-v1-8bit.onnx',
    sha256: '6df1e012e9f7cf55f466e542d4d0a5930c9fc0368907057090d47a85a3f0388f',
    thresholds: null,
    thresholdsFrom: 'Not measured alone: a part of dlib-faceres-v2',
  },
  faceres: {
    ...faceres,
    file: 'faceres.onnx',
    sha256: 'f5d636a2206857223030ec9ac24bf87cf675c6199a9c16a44c1e87a0940a407e',
  },
  'faceres-8bit': {
    ...faceres,
    file: 'faceres-8bit.onnx',
    sha256: '1a1c23686b602dd09e29e852bad6eb2491c61fe9ec3b8796c1792684c280519c',
  },
  antispoof: {
    role: 'liveness',
    file: 'antispoof.onnx',
    sha256: '925ace0261471396e4282e585a59b95adb3e6ea029130752f9ef4f4613c27930',
    sources: [
      {
        package: HUMAN,
        file: 'models/antispoof.json',
        sha256: '7fd698ae1cebabbcad79d3b8b448587b0365eb7911987418231bdcf36583112a',
      },
      {
        package: HUMAN,
        file: 'models/antispoof.bin',
        sha256: '4490fecb2becdb6869edc7e60f5e59962be013a8def8719b1373afb0f905c094',
      },
    ],
    licence: { spdx: 'MIT', origin: 'Vladimir Mandic; by way of Human' },
    input: { name: 'input', shape: [1, 3, 128, 128], colours: 'BGR', mean: [0, 0, 0], divisor: 255 },
    outputs: [{ name: 'real', shape: [1], unit: 'probability', meaning: 'That the face was not altered' }],
    crop: 1,
  },
  livenessnet: {
    role: 'liveness',
    file: 'livenessnet.onnx',
    sha256: 'a4688206904bd67c97a56876a85332eaf4eebf8e01de67b8b77e56a85929dde3',
    sources: [
      {
        package: HUMAN,
        file: 'models/liveness.json',
        sha256: '9e51c8acf83b80abbf329b2735309ab5c90611c66905ade8b1bd130d473df9c8',
      },
      {
        package: HUMAN,
        file: 'models/liveness.bin',
        sha256: 'fc6a6b6b3b9721bdb8bff67a457a15b7cbfd81715cfb27f3e65b757e81dd663e',
      },
    ],
    licence: { spdx: 'MIT', origin: 'LivenessNet, leokwu; by way of Human' },
    input: { name: 'input', shape: [1, 3, 32, 32], colours: 'RGB', mean: [0, 0, 0], divisor: 255 },
    outputs: [
      {
        name: 'classes',
        shape: [2],
        unit: 'probability',
        meaning: 'That the face is live, then that it is not',
      },
    ],
    crop: 1,
  },
} as const satisfies Record<string, Model>;

export type ModelName = keyof typeof modelCatalogue;

/** The embedder that templates are made with unless `FACE_EMBEDDER` names another. */
export const DEFAULT_EMBEDDER = 'dlib-faceres-v2';

/** Where buildModels puts the models by default. */
export const modelsFolder = join(projectRoot, 'models');

/** Absolute path of a model's ONNX file; it exists once buildModels() has resolved. */
export function modelFile(name: ModelName): string {
  return join(modelsFolder, modelCatalogue[name].file);
}
