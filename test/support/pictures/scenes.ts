import sharp from 'sharp';
import type { Box } from '../../../src/faces/picture/box.js';
import { sampleFace, type SampleFace } from './sample-faces.js';

/** A sample face shrunk so that its box has `side` pixels, on a plain wall of the given size, a little off the middle. */
export async function faceInScene(
  name: SampleFace,
  box: Box,
  side: number,
  width: number,
  height: number,
): Promise<Buffer> {
  const picture = await sampleFace(name, 'png');
  const { width: fullWidth } = await sharp(picture).metadata();
  const shrunk = await sharp(picture)
    .resize(Math.round((fullWidth * side) / box.width))
    .png()
    .toBuffer();
  return sharp({ create: { width, height, channels: 3, background: '#7a8a92' } })
    .composite([{ input: shrunk, left: Math.round(width * 0.7), top: Math.round(height * 0.3) }])
    .jpeg({ quality: 90 })
    .toBuffer();
}

/** A sample face cut off at its box, so that it fills the whole picture. */
export async function faceAlone(name: SampleFace, box: Box): Promise<Buffer> {
  const picture = await sampleFace(name, 'png');
  const { width, height } = await sharp(picture).metadata();
  const left = Math.max(0, Math.round(box.x));
  const top = Math.max(0, Math.round(box.y));
  return sharp(picture)
    .extract({
      left,
      top,
      width: Math.min(width - left, Math.round(box.width)),
      height: Math.min(height - top, Math.round(box.height)),
    })
    .jpeg({ quality: 92 })
    .toBuffer();
}

/** A sample face turned clockwise. */
export async function turnedFace(name: SampleFace, degrees: number): Promise<Buffer> {
  return sharp(await sampleFace(name, 'png'))
    .rotate(degrees, { background: '#808080' })
    .jpeg({ quality: 92 })
    .toBuffer();
}

/** Several sample faces side by side, each scaled by its factor. */
export async function facesInARow(faces: readonly (readonly [SampleFace, number])[]): Promise<Buffer> {
  let left = 0;
  const parts = [];
  for (const [name, factor] of faces) {
    const picture = await sampleFace(name, 'png');
    const { width } = await sharp(picture).metadata();
    const scaled = Math.round(width * factor);
    parts.push({ input: await sharp(picture).resize(scaled).png().toBuffer(), left, top: 0 });
    left += scaled;
  }
  return sharp({ create: { width: left, height: 480, channels: 3, background: '#7a8a92' } })
    .composite(parts)
    .jpeg({ quality: 92 })
    .toBuffer();
}
