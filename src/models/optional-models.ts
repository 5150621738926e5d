import type { DetectorModel, EmbedderModel } from './catalogue.js';

/** A model that a deployment may add: too large for, or not in, any npm package. */
export type OptionalModel = (DetectorModel | EmbedderModel) & {
  readonly download: {
    readonly address: string;
    /** No more is ever read from the network. */
    readonly maxBytes: number;
  };
};

const OPEN_CV_ZOO = 'https://media.githubusercontent.com/media/opencv/opencv_zoo/main/models';
const MEASURE_IT = 'Measure it on pictures like yours with npm run evaluate.';

/** Models that `npm run models -- add` fetches, by name; the names are stored beside templates and never change meaning. */
export const optionalModels = {
  yunet: {
    role: 'detector',
    decoding: 'yunet',
    file: 'face_detection_yunet_2023mar.onnx',
    sha256: '8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4',
    download: {
      address: `${OPEN_CV_ZOO}/face_detection_yunet/face_detection_yunet_2023mar.onnx`,
      maxBytes: 232_589,
    },
    licence: { spdx: 'MIT', origin: 'YuNet, Shiqi Yu and others; OpenCV Zoo' },
    input: { name: 'input', shape: [1, 3, 640, 640], colours: 'BGR', mean: [0, 0, 0], divisor: 1 },
    outputs: [8, 16, 32].flatMap((stride) => {
      const cells = (640 / stride) ** 2;
      const output = (kind: string, values: number, meaning: string) =>
        ({ name: `${kind}_${stride}`, shape: [1, cells, values], unit: 'none', meaning }) as const;
      return [
        output('cls', 1, 'Probability of a face, row by row of cells'),
        output('obj', 1, 'Probability of an object'),
        output('bbox', 4, 'Offset of the centre and logarithm of the size, in cells'),
        output('kps', 10, 'Offsets of right eye, left eye, nose tip, right and left mouth corner, in cells'),
      ];
    }),
  },
  sface: {
    role: 'embedder',
    file: 'face_recognition_sface_2021dec.onnx',
    sha256: '0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79',
    download: {
      address: `${OPEN_CV_ZOO}/face_recognition_sface/face_recognition_sface_2021dec.onnx`,
      maxBytes: 38_696_353,
    },
    licence: { spdx: 'Apache-2.0', origin: 'SFace, Yaoyao Zhong and others; OpenCV Zoo' },
    input: { name: 'data', shape: [1, 3, 112, 112], colours: 'RGB', mean: [0, 0, 0], divisor: 1 },
    outputs: [{ name: 'fc1', shape: [1, 128], unit: 'none', meaning: 'Embedding, not normalised' }],
    dimension: 128,
    chip: { shape: 'arcface-5', size: 112 },
    thresholds: null,
    thresholdsFrom: `OpenCV publishes the cosine 0.363 as that of best accuracy on LFW, with its own alignment and without mirrored chips. ${MEASURE_IT}`,
  },
  auraface: {
    role: 'embedder',
    file: 'glintr100.onnx',
    sha256: 'a7933ea5330113b01c9b60351d8f4c33003f145d8470ac5f0e52ee2effe25c60',
    download: {
      address: 'https://huggingface.co/fal/AuraFace-v1/resolve/main/glintr100.onnx',
      maxBytes: 280_000_000,
    },
    licence: { spdx: 'Apache-2.0', origin: 'AuraFace v1, fal' },
    input: {
      shape: [1, 3, 112, 112],
      colours: 'RGB',
      mean: [127.5, 127.5, 127.5],
      divisor: 127.5,
    },
    outputs: [],
    dimension: 512,
    chip: { shape: 'arcface-5', size: 112 },
    thresholds: null,
    thresholdsFrom: `Its makers publish no thresholds. ${MEASURE_IT}`,
  },
} as const satisfies Record<string, OptionalModel>;

export type OptionalModelName = keyof typeof optionalModels;

export function isOptionalModel(name: string): name is OptionalModelName {
  return Object.hasOwn(optionalModels, name);
}
