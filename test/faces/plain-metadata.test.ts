import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import type { ImageMediaType } from '../../src/faces/picture/media-type.js';
import { withPlainMetadata } from '../../src/faces/picture/plain-metadata.js';
import { jpegWithSegments } from '../support/pictures/crafted-jpeg.js';

const SECRET = 'where the picture was taken';

const encoders: Readonly<Record<ImageMediaType, (image: Sharp) => Sharp>> = {
  'image/jpeg': (image) => image.jpeg(),
  'image/png': (image) => image.png(),
  'image/webp': (image) => image.webp(),
  'image/avif': (image) => image.avif({ effort: 0 }),
};
const mediaTypes = Object.keys(encoders) as ImageMediaType[];

const picture = () => sharp({ create: { width: 40, height: 20, channels: 3, background: '#357' } });
const described = (mediaType: ImageMediaType, orientation: number) =>
  encoders[mediaType](
    picture()
      .withExif({ IFD0: { ImageDescription: SECRET }, IFD3: { GPSLatitudeRef: 'N' } })
      .withMetadata({ orientation }),
  ).toBuffer();

describe.each(mediaTypes)('of %s', (mediaType) => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'orientation %i is kept, and nothing else of EXIF',
    async (orientation) => {
      const before = await described(mediaType, orientation);
      const after = withPlainMetadata(before, mediaType);
      const [was, is] = [await sharp(before).metadata(), await sharp(after).metadata()];
      expect(was.exif?.includes(SECRET)).toBe(true);
      expect(is.exif?.includes(SECRET)).not.toBe(true);
      expect(is.autoOrient).toEqual(was.autoOrient);
      expect(is.orientation).toBe(was.orientation);
      expect(await sharp(after).raw().toBuffer()).toEqual(await sharp(before).raw().toBuffer());
    },
  );

  it('a picture without EXIF stays as it is', async () => {
    const bytes = await encoders[mediaType](picture()).toBuffer();
    expect(withPlainMetadata(bytes, mediaType).equals(bytes)).toBe(true);
  });

  it('any beginning of a picture can be looked through', async () => {
    const bytes = await described(mediaType, 6);
    for (let length = 0; length < Math.min(bytes.length, 700); length += 1)
      expect(withPlainMetadata(bytes.subarray(0, length), mediaType).length).toBeLessThanOrEqual(length + 64);
  });
});

describe('a JPEG decoder finds EXIF', () => {
  const cases: readonly [string, (jpeg: Buffer) => Buffer][] = [
    ['behind bytes of no segment', (jpeg) => jpegBehind(jpeg, Buffer.from('no segment'))],
    ['behind fill bytes', (jpeg) => jpegBehind(jpeg, Buffer.alloc(9, 0xff))],
    ['behind a restart marker', (jpeg) => jpegBehind(jpeg, Buffer.from([0xff, 0xd3]))],
    ['behind other segments', (jpeg) => jpegWithSegments(jpeg, 4, '', Buffer.alloc(200_000, 0xff))],
    ['after EXIF of another kind', (jpeg) => jpegWithSegments(jpeg, 1, 'Exif\0\0', Buffer.from('broken'))],
  ];
  it.each(cases)('%s, and so do we', async (_where, change) => {
    const bytes = change(await described('image/jpeg', 6));
    const plain = withPlainMetadata(bytes, 'image/jpeg');
    expect((await sharp(bytes).metadata()).width).toBe(40);
    expect(Buffer.from(plain).includes(SECRET)).toBe(false);
  });
});

function jpegBehind(jpeg: Buffer, bytes: Buffer): Buffer {
  return Buffer.concat([jpeg.subarray(0, 2), bytes, jpeg.subarray(2)]);
}
