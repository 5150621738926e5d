import sharp from 'sharp';
import { sampleFace, samplePhoto, type SampleFace } from '../../test/support/pictures/sample-faces.js';

export const sceneSizes = {
  '640×480': [640, 480],
  '2 MP': [1920, 1080],
  '12 MP': [4000, 3000],
} as const;

export type SceneSize = keyof typeof sceneSizes;

export const sceneFormats = ['jpeg', 'png', 'webp', 'avif'] as const;

export type SceneFormat = (typeof sceneFormats)[number];

const noiseSettings = { type: 'gaussian', mean: 128, sigma: 12 } as const;

/**
 * One person in front of a blurred background, the head about half as high as the picture, with the noise of a
 * camera: without it the files would be much smaller than photos are.
 */
export async function scene(
  face: SampleFace,
  size: SceneSize,
  format: SceneFormat = 'jpeg',
): Promise<Buffer> {
  const [width, height] = sceneSizes[size];
  const person = await sharp(await sampleFace(face))
    .resize({ height: Math.round(height * 0.9) })
    .toBuffer();
  const background = await sharp(samplePhoto(1)).resize(64, 48, { fit: 'fill' }).blur(6).toBuffer();
  const noise = await sharp({
    create: { width, height, channels: 3, background: '#808080', noise: noiseSettings },
  })
    .png({ compressionLevel: 0 })
    .toBuffer();
  const picture = await sharp(background)
    .resize(width, height, { fit: 'fill' })
    .composite([
      { input: person, gravity: 'south' },
      { input: noise, blend: 'soft-light' },
    ])
    .removeAlpha()
    .png({ compressionLevel: 0 })
    .toBuffer();
  switch (format) {
    case 'jpeg':
      return sharp(picture).jpeg({ quality: 90 }).toBuffer();
    case 'png':
      return sharp(picture).png().toBuffer();
    case 'webp':
      return sharp(picture).webp({ quality: 85 }).toBuffer();
    case 'avif':
      return sharp(picture).avif({ quality: 60, effort: 2 }).toBuffer();
  }
}
