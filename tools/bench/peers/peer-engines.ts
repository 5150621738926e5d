import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectRoot } from '../../../src/project-root.js';

/** Eight-bit RGB, the first row first. */
export interface RgbPicture {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** A decoded picture in the form that an engine works on. */
export interface PreparedPicture {
  /** Embedding of the face nearest to the middle, null where no face is found. */
  embed(): Promise<ArrayLike<number> | null>;
  free(): void;
}

/** A way from a decoded picture to the embedding of the face nearest to its middle. */
export interface Engine {
  readonly name: string;
  /** Not part of what is timed: decoders give each engine its own form. */
  prepare(picture: RgbPicture): PreparedPicture;
  /** Higher is more alike; only the order counts. */
  compare(first: ArrayLike<number>, second: ArrayLike<number>): number;
}

export const engineNames = ['ours', 'face-api-ssd', 'face-api-tiny', 'human'] as const;

export type EngineName = (typeof engineNames)[number];

export const peersFolder = join(projectRoot, 'tools/peers');

const peerRequire = createRequire(join(peersFolder, 'package.json'));

/** By path: Human's list of exports leaves out the build for Node with WASM. */
function packageFile(file: string): string {
  return join(peersFolder, 'node_modules', file);
}

/** What is used of TensorFlow.js and of the peers, which bring no types that fit NodeNext. */
interface Tensor {
  dispose(): void;
}
interface TensorFlow {
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  tensor3d(values: Uint8Array, shape: readonly number[], type: 'int32'): Tensor;
}
interface WasmBackend {
  setWasmPaths(folder: string): void;
}
interface Located {
  readonly box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
}
interface FaceApi {
  readonly tf: TensorFlow;
  readonly nets: Readonly<Record<string, { loadFromDisk(folder: string): Promise<void> }>>;
  readonly SsdMobilenetv1Options: new (options: object) => object;
  readonly TinyFaceDetectorOptions: new (options: object) => object;
  detectAllFaces(input: Tensor, options: object): PromiseLike<Located[]>;
  readonly DetectSingleFaceLandmarksTask: new (
    parent: Promise<object>,
    input: Tensor,
    tiny: boolean,
  ) => { withFaceDescriptor(): PromiseLike<{ readonly descriptor: Float32Array } | undefined> };
}
interface HumanFace {
  readonly embedding?: readonly number[];
  /** Left, top, width, height. */
  readonly box: readonly [number, number, number, number];
}
interface HumanLibrary {
  readonly tf: TensorFlow;
  load(): Promise<void>;
  detect(input: Tensor): Promise<{ readonly face: readonly HumanFace[] }>;
}
type HumanConstructor = new (settings: object) => HumanLibrary;

/** Both peers recommend the Euclidean distance of their embeddings. */
function nearness(first: ArrayLike<number>, second: ArrayLike<number>): number {
  let squares = 0;
  for (let index = 0; index < first.length; index++)
    squares += ((first[index] ?? 0) - (second[index] ?? 0)) ** 2;
  return -Math.sqrt(squares);
}

/** The one whose middle is nearest to the middle of the picture. */
function nearest<Face>(
  faces: readonly Face[],
  { width, height }: RgbPicture,
  middleOf: (face: Face) => readonly [number, number],
): Face | undefined {
  const distance = (face: Face) => {
    const [x, y] = middleOf(face);
    return Math.hypot(x - width / 2, y - height / 2);
  };
  return [...faces].sort((one, two) => distance(one) - distance(two))[0];
}

function wasmFolder(): string {
  return packageFile('@tensorflow/tfjs-backend-wasm/dist/');
}

/** @param detector the accurate SSD network or the small "tiny" one, as face-api's documentation uses them. */
export async function loadFaceApi(detector: 'ssd' | 'tiny'): Promise<Engine> {
  const tf = peerRequire('@tensorflow/tfjs') as TensorFlow;
  (peerRequire('@tensorflow/tfjs-backend-wasm') as WasmBackend).setWasmPaths(wasmFolder());
  await tf.setBackend('wasm');
  await tf.ready();
  const faceApi = peerRequire(packageFile('@vladmandic/face-api/dist/face-api.node-wasm.js')) as FaceApi;
  const models = packageFile('@vladmandic/face-api/model');
  const detectorNet = detector === 'ssd' ? 'ssdMobilenetv1' : 'tinyFaceDetector';
  for (const net of [detectorNet, 'faceLandmark68Net', 'faceRecognitionNet'])
    await faceApi.nets[net]?.loadFromDisk(models);
  const options =
    detector === 'ssd'
      ? new faceApi.SsdMobilenetv1Options({ minConfidence: 0.5 })
      : new faceApi.TinyFaceDetectorOptions({ inputSize: 416, scoreThreshold: 0.5 });
  return {
    name: `face-api, ${detector === 'ssd' ? 'SSD' : 'tiny'} (WASM)`,
    compare: nearness,
    prepare: (picture) => {
      const tensor = faceApi.tf.tensor3d(picture.data, [picture.height, picture.width, 3], 'int32');
      return {
        embed: async () => {
          const faces = await faceApi.detectAllFaces(tensor, options);
          const detection = nearest(faces, picture, ({ box }) => [
            box.x + box.width / 2,
            box.y + box.height / 2,
          ]);
          if (detection === undefined) return null;
          const located = new faceApi.DetectSingleFaceLandmarksTask(
            Promise.resolve({ detection }),
            tensor,
            false,
          );
          return (await located.withFaceDescriptor())?.descriptor ?? null;
        },
        free: () => {
          tensor.dispose();
        },
      };
    },
  };
}

export async function loadHuman(): Promise<Engine> {
  // Human reads its models through fetch, which opens no files in Node.
  const fetchOverNetwork = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    const address = input instanceof Request ? input.url : String(input);
    return address.startsWith('file:')
      ? new Response(readFileSync(new URL(address)))
      : fetchOverNetwork(input, init);
  };
  const library = peerRequire(packageFile('@vladmandic/human/dist/human.node-wasm.js')) as
    { readonly Human: HumanConstructor } | { readonly default: HumanConstructor };
  const Human = 'Human' in library ? library.Human : library.default;
  const models = packageFile('@vladmandic/human/models/');
  const off = { enabled: false };
  const human = new Human({
    backend: 'wasm',
    wasmPath: wasmFolder(),
    modelBasePath: pathToFileURL(models).href,
    cacheSensitivity: 0,
    debug: false,
    async: false,
    filter: off,
    gesture: off,
    body: off,
    hand: off,
    object: off,
    segmentation: off,
    face: {
      enabled: true,
      detector: { rotation: true, maxDetected: 5, skipFrames: 0, skipTime: 0 },
      mesh: { enabled: true },
      description: { enabled: true, skipFrames: 0, skipTime: 0 },
      iris: off,
      emotion: off,
      antispoof: off,
      liveness: off,
    },
  });
  await human.load();
  return {
    name: 'Human (WASM)',
    compare: nearness,
    prepare: (picture) => {
      const tensor = human.tf.tensor3d(picture.data, [picture.height, picture.width, 3], 'int32');
      return {
        embed: async () => {
          const { face } = await human.detect(tensor);
          const found = nearest(face, picture, ({ box: [x, y, width, height] }) => [
            x + width / 2,
            y + height / 2,
          ]);
          return found?.embedding ?? null;
        },
        free: () => {
          tensor.dispose();
        },
      };
    },
  };
}
