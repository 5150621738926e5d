import sharp from 'sharp';

/** Pixels of three interleaved colours, 0 to 255. */
interface Pixels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Side in pixels of the picture that the attack is made of, so that patterns have room in it. */
const ENLARGED_SIDE = 900;

/** Long side of what the camera of the attack delivers. */
const CAMERA_SIDE = 640;

/**
 * Crude stand-ins for pictures of pictures, made by arithmetic alone. None of them was in front of a camera, so what a
 * model says of them is no APCER by ISO/IEC 30107-3, which asks for real attacks.
 */
export const simulatedAttacks = {
  'control: resized and recompressed only': async (picture) => camera(await enlarged(picture)),
  'screen: pixel grid, moire, glow': async (picture) => {
    const shown = mapPixels(await enlarged(picture), (value, x, y, channel) => {
      // Each pixel of the screen is 4 × 4: three stripes of one colour and a dark gap, and a dark line below.
      const lit = x % 4 === channel ? 1 : x % 4 === 3 ? 0.2 : 0.45;
      return 22 + 1.5 * value * lit * (y % 4 === 3 ? 0.5 : 1);
    });
    return camera(shown, { blur: 0.6, turn: 2.3 });
  },
  'screen: bluish, low contrast': async (picture) => {
    const tint = [0.92, 0.97, 1.1];
    const shown = mapPixels(
      await enlarged(picture),
      (value, _x, _y, channel) => 40 + 0.72 * (tint[channel] ?? 1) * 255 * (value / 255) ** 0.8,
    );
    return camera(shown, { blur: 1 });
  },
  'print: halftone dots': async (picture) => {
    const printed = mapPixels(await enlarged(picture), halftone);
    return camera(printed, { blur: 2.2 });
  },
  'print: pale colours on grainy paper': async (picture) => {
    const printed = mapPixels(await enlarged(picture), (value, x, y) => 60 + 0.62 * value + 14 * grain(x, y));
    return camera(printed, { blur: 1.4 });
  },
  'out of focus': async (picture) => camera(await enlarged(picture), { blur: 5 }),
  'compressed twice, strongly': async (picture) => {
    const small = await sharp(picture).resize(240).jpeg({ quality: 25 }).toBuffer();
    return camera(await enlarged(small), { quality: 40 });
  },
  'phone held up: dark frame around the picture': (picture) => framed(picture, '#101014', 26),
  'paper held up: white border around the picture': (picture) => framed(picture, '#f2f0ea', 60),
} as const satisfies Record<string, (picture: Uint8Array) => Promise<Buffer>>;

export type SimulatedAttack = keyof typeof simulatedAttacks;

async function enlarged(picture: Uint8Array): Promise<Pixels> {
  const { data, info } = await sharp(picture)
    .resize(ENLARGED_SIDE, ENLARGED_SIDE, { fit: 'inside', kernel: 'cubic' })
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

/** Photographs pixels: optics, sampling by steps that are no whole number, compression. */
async function camera(
  { data, width, height }: Pixels,
  { blur = 0, turn = 0, quality = 85 }: { blur?: number; turn?: number; quality?: number } = {},
): Promise<Buffer> {
  const scene = sharp(data, { raw: { width, height, channels: 3 } });
  const optics = blur > 0 ? scene.blur(blur) : scene;
  const turned = turn === 0 ? optics : optics.rotate(turn, { background: '#555555' });
  // In two steps, because sharp resizes before it turns.
  const taken = await turned.png({ compressionLevel: 0 }).toBuffer();
  return sharp(taken)
    .resize(CAMERA_SIDE, CAMERA_SIDE, { fit: 'inside', kernel: 'linear' })
    .jpeg({ quality })
    .toBuffer();
}

async function framed(picture: Uint8Array, colour: string, border: number): Promise<Buffer> {
  const shown = await sharp(picture)
    .resize(400, 400, { fit: 'inside' })
    .extend({ top: border, bottom: border, left: border, right: border, background: colour })
    .png()
    .toBuffer();
  const room = { width: CAMERA_SIDE, height: CAMERA_SIDE, channels: 3, background: '#8d8577' } as const;
  return sharp({ create: room })
    .composite([{ input: shown }])
    .jpeg({ quality: 85 })
    .toBuffer();
}

function mapPixels(
  pixels: Pixels,
  change: (value: number, x: number, y: number, channel: number) => number,
): Pixels {
  const { data, width, height } = pixels;
  const changed = new Uint8ClampedArray(data.length);
  let at = 0;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let channel = 0; channel < 3; channel++, at++) changed[at] = change(data[at] ?? 0, x, y, channel);
  return { ...pixels, data: new Uint8Array(changed.buffer) };
}

/** Dots of 6 pixels, each colour's screen at its own angle as in four-colour printing. */
function halftone(value: number, x: number, y: number, channel: number): number {
  const angle = [0.26, 1.31, 0][channel] ?? 0;
  const along = (x * Math.cos(angle) + y * Math.sin(angle)) * (Math.PI / 3);
  const across = (y * Math.cos(angle) - x * Math.sin(angle)) * (Math.PI / 3);
  const screen = (Math.cos(along) + Math.cos(across) + 2) / 4;
  return value / 255 > screen ? 235 : 25;
}

/** -1 to 1, the same at the same place. */
function grain(x: number, y: number): number {
  const mixed = Math.imul(x * 374_761_393 + y * 668_265_263, 1_274_126_177);
  return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 31 - 1;
}
