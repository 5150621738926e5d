import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { encodeVector } from '../../../src/protection/vector-bytes.js';
import { createFacePipeline } from '../../../src/faces/face-pipeline.js';
import { filesHolding } from '../../support/databases/files-holding.js';
import { sampleFace } from '../../support/pictures/sample-faces.js';
import { ServiceClient } from '../../support/service/service-client.js';
import { ServiceProcess } from '../../support/service/service-process.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** Twenty stretches of the bytes, of which any would give a part of the whole away. */
function stretches(bytes: Uint8Array): Buffer[] {
  const step = Math.floor(bytes.length / 20);
  return Array.from({ length: 20 }, (_, place) =>
    Buffer.from(bytes.subarray(place * step, place * step + 24)),
  );
}

it('keeps no part of a picture or a template in database, files, temporary folders or logs', async () => {
  const folder = temporaryFolder();
  const home = join(folder, 'home');
  mkdirSync(home);
  const service = await ServiceProcess.start({
    dataDir: join(folder, 'data'),
    environment: { LOG_LEVEL: 'trace', HOME: home, TMPDIR: home },
  });
  onTestFinished(() => service.discard());
  const client = new ServiceClient(service.address);
  const [enrolled, other] = [await sampleFace('sample3-left'), await sampleFace('sample3-left', 'brighter')];
  await client.registerOverRest('ada', enrolled);
  await client.verifyOverGraphql('ada', other);

  const pipeline = await createFacePipeline({ maxPixels: 50_000_000 });
  const secrets: Buffer[] = [];
  for (const picture of [enrolled, other]) {
    const { template } = await pipeline.extract(picture);
    // The beginning of a JPEG is the same for many.
    secrets.push(...stretches(encodeVector(template)), ...stretches(picture.subarray(1024)));
  }
  expect(filesHolding(folder, secrets)).toEqual([]);
  expect(await service.end('SIGTERM')).toBe(0);
  expect(filesHolding(folder, secrets)).toEqual([]);
  const logs = Buffer.from(service.output.join('\n'));
  expect(
    secrets.filter((secret) => logs.includes(secret.toString('base64')) || logs.includes(secret)),
  ).toEqual([]);
});
