import sharp from 'sharp';
import { chipToPicture } from '../../../src/faces/embed/face-chip.js';
import { loadDetector } from '../../../src/faces/find/load-detector.js';
import { loadEmbedder } from '../../../src/faces/embed/load-embedder.js';
import { FaceMesh } from '../../../src/faces/find/face-mesh.js';
import { createFacePipeline } from '../../../src/faces/face-pipeline.js';
import { decodeShrunk, inspectImage } from '../../../src/faces/picture/image-source.js';
import { builtDetector, builtEmbedder } from '../../../src/models/chosen-model.js';
import { Pyramid } from '../../../src/faces/picture/pyramid.js';
import { wholePicture } from '../../../src/faces/find/search-squares.js';
import { warp } from '../../../src/faces/picture/warp.js';
import { sampleFace } from '../../../test/support/pictures/sample-faces.js';
import { spreadHead, spreadRow, timed, type BenchSection } from './bench-section.js';

const RUNS = 200;
const MAX_PIXELS = 50_000_000;

const noSamples = (): number[] => [];

/** What each stage costs for one face in a picture of 640 × 480, one inference thread. */
export const faceStages: BenchSection = {
  title: `Face pipeline, 640 × 480, one thread, ${RUNS} runs`,
  async run() {
    const portrait = await sharp(await sampleFace('sample6-left'))
      .resize({ height: 480 })
      .toBuffer();
    const bytes = await sharp({ create: { width: 640, height: 480, channels: 3, background: '#7a8a92' } })
      .composite([{ input: portrait }])
      .jpeg({ quality: 90 })
      .toBuffer();
    const { picture } = await decodeShrunk(await inspectImage(bytes, MAX_PIXELS), 1024);
    const detector = await loadDetector(builtDetector, 1);
    const mesh = await FaceMesh.load(1);
    const embedder = await loadEmbedder(builtEmbedder, 1);

    const stages = {
      detect: noSamples(),
      mesh: noSamples(),
      embed: noSamples(),
      total: noSamples(),
      cpu: noSamples(),
    };
    const [square] = wholePicture(picture);
    if (square === undefined) throw new Error('There is nothing to look at.');
    let landmarks: Float32Array = new Float32Array();
    const extractOnce = async () => {
      const cpuStart = process.cpuUsage();
      const start = performance.now();
      const pyramid = new Pyramid(picture.bitmap);
      const [face] = await detector.detect(pyramid, square);
      if (face === undefined) throw new Error('The face of the benchmark was not found.');
      const detected = performance.now();
      ({ landmarks } = await mesh.locate(pyramid, face));
      const located = performance.now();
      await embedder.embed(pyramid, landmarks);
      const embedded = performance.now();
      stages.detect.push(detected - start);
      stages.mesh.push(located - detected);
      stages.embed.push(embedded - located);
      stages.total.push(embedded - start);
      const { user, system } = process.cpuUsage(cpuStart);
      stages.cpu.push((user + system) / 1000);
    };
    await timed(extractOnce, 0);
    for (const samples of Object.values(stages)) samples.length = 0;
    await timed(extractOnce, RUNS, 0);

    const pyramid = new Pyramid(picture.bitmap);
    const { chip, input } = builtEmbedder.model;
    const data = new Float32Array(3 * chip.size ** 2);
    const cut = await timed(() => {
      warp(pyramid, chipToPicture(landmarks, chip), { data, size: chip.size }, input);
    }, RUNS);
    const decode = await timed(async () => decodeShrunk(await inspectImage(bytes, MAX_PIXELS), 1024), RUNS);
    const pipeline = await createFacePipeline({ maxPixels: MAX_PIXELS });
    const whole = await timed(() => pipeline.extract(bytes), RUNS);
    return [
      spreadHead,
      spreadRow('detect', stages.detect),
      spreadRow('mesh', stages.mesh),
      spreadRow('chip, mirror and embed', stages.embed),
      spreadRow('  of which cutting the chip', cut),
      spreadRow('detection to template (target 30)', stages.total),
      spreadRow('  its processor time, whatever else runs', stages.cpu),
      spreadRow('decode JPEG', decode),
      spreadRow('bytes to template', whole),
    ];
  },
};
