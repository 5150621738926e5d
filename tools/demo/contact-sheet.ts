import { Jimp, loadFont } from 'jimp';
import { SANS_12_BLACK } from 'jimp/fonts';
import sharp from 'sharp';
import type { Box } from '../../src/faces/picture/box.js';

const CELL = 220;
const CAPTION = 66;
const COLUMNS = 6;
const LINE = 16;
const GOOD = 0x1a_7f_37_ff;
const BAD = 0xcf_22_2e_ff;

export interface SheetCell {
  /** Encoded picture. */
  readonly picture: Buffer;
  /** Where the face was found, in pixels of the picture. */
  readonly box: Box;
  readonly caption: readonly string[];
  /** Whether the decision was the right one; colours the box. */
  readonly right: boolean;
}

/** Draws the cells row by row. @returns an encoded PNG. */
export async function drawContactSheet(cells: readonly SheetCell[]): Promise<Buffer> {
  const font = await loadFont(SANS_12_BLACK);
  const rows = Math.ceil(cells.length / COLUMNS);
  const sheet = new Jimp({ width: COLUMNS * CELL, height: rows * (CELL + CAPTION), color: 0xff_ff_ff_ff });
  for (const [place, cell] of cells.entries()) {
    const x = (place % COLUMNS) * CELL;
    const y = Math.floor(place / COLUMNS) * (CELL + CAPTION);
    sheet.composite(await drawFace(cell), x + 2, y + 2);
    for (const [line, text] of cell.caption.entries()) {
      sheet.print({ font, x: x + 4, y: y + CELL + line * LINE, text });
    }
  }
  return sheet.getBuffer('image/png');
}

async function drawFace(cell: SheetCell): Promise<InstanceType<typeof Jimp>> {
  const upright = sharp(cell.picture).autoOrient();
  const { width, height } = await upright.toBuffer({ resolveWithObject: true }).then(({ info }) => info);
  const side = CELL - 4;
  const scale = side / Math.max(width, height);
  const { data, info } = await upright
    .resize(Math.round(width * scale), Math.round(height * scale))
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const picture = new Jimp({ data, width: info.width, height: info.height });
  outline(picture, cell.box, scale, cell.right ? GOOD : BAD);
  return picture;
}

function outline(picture: InstanceType<typeof Jimp>, box: Box, scale: number, colour: number): void {
  const left = Math.max(0, Math.round(box.x * scale));
  const top = Math.max(0, Math.round(box.y * scale));
  const right = Math.min(picture.width - 1, Math.round((box.x + box.width) * scale));
  const bottom = Math.min(picture.height - 1, Math.round((box.y + box.height) * scale));
  for (let thickness = 0; thickness < 3; thickness += 1) {
    for (let x = left; x <= right; x += 1) {
      picture.setPixelColor(colour, x, Math.min(bottom, top + thickness));
      picture.setPixelColor(colour, x, Math.max(top, bottom - thickness));
    }
    for (let y = top; y <= bottom; y += 1) {
      picture.setPixelColor(colour, Math.min(right, left + thickness), y);
      picture.setPixelColor(colour, Math.max(left, right - thickness), y);
    }
  }
}
