import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { checkRows } from '../../src/doctor/check-rows.js';
import { compareImages } from '../../src/doctor/compare-images.js';
import type { Finding } from '../../src/doctor/finding.js';
import { createImageKey } from '../../src/storage/image-key.js';
import type { ImageStore, ImageStoreInventory } from '../../src/storage/image-store.js';
import { LocalImageStore } from '../../src/storage/local-image-store.js';
import { S3ImageStore } from '../../src/storage/s3-image-store.js';
import type { Database } from '../../src/database/database.js';
import { enrol } from '../database/repository-suite.js';
import { mariadbMissing, MariadbServer } from '../support/databases/mariadb-server.js';
import { openFor, optionsFor } from '../support/databases/mysql-database.js';
import { openTextService } from '../support/service/open-text-service.js';
import { startS3Server } from '../support/s3-server.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { textPicture } from '../support/service/text-face-service.js';
import { testRequest } from '../support/api/test-origin.js';

const picture = Uint8Array.of(1, 2, 3);
const ever = new Date(8.64e15);

async function all(findings: AsyncIterable<Finding>): Promise<Finding[]> {
  const list: Finding[] = [];
  for await (const finding of findings) list.push(finding);
  return list;
}

function compare(database: Database, images: ImageStore & ImageStoreInventory, unfinishedBefore = ever) {
  return all(compareImages({ ...database, images, unfinishedBefore }));
}

async function openText(openImages?: () => Promise<ImageStore>) {
  const folder = temporaryFolder();
  const parts = await openTextService({
    folder,
    gallery: () => ({ size: 0, bestOther: () => Promise.resolve(null) }),
    ...(openImages && { openImages }),
  });
  onTestFinished(async () => {
    await parts.housekeeping.stop();
    await parts.database.close();
  });
  return { ...parts, folder };
}

it('raises no false alarm while people are registered and deleted', async () => {
  const folder = temporaryFolder();
  const images = await LocalImageStore.open(folder);
  const { service, database } = await openText(() => Promise.resolve(images));
  let working = true;
  const work = async (worker: number) => {
    for (let round = 0; working; round += 1) {
      const id = `user-${worker}-${round}`;
      await service.register(id, textPicture(worker), testRequest);
      if (round % 3 !== 0) await service.remove(id, testRequest);
    }
  };
  const workers = Promise.all([1, 2, 3, 4, 5, 6].map(work));
  const hourAgo = new Date(Date.now() - 3_600_000);
  const problems: string[] = [];
  for (let round = 0; round < 30; round += 1)
    problems.push(...(await compare(database, images, hourAgo)).map(({ problem }) => problem));
  working = false;
  await workers;
  expect(problems).toEqual([]);
  expect((await database.users.list({ first: 1000 })).length).toBeGreaterThan(0);
  expect(await compare(database, images)).toEqual([]);
});

it('compares with a bucket, whose list is the one part that the test server gets wrong', async () => {
  const server = await startS3Server();
  const store = await S3ImageStore.open(server.location);
  onTestFinished(() => {
    store.close();
  });
  const images: ImageStore & ImageStoreInventory = {
    lateWriteMs: store.lateWriteMs,
    put: (key, bytes) => store.put(key, bytes),
    get: (key) => store.get(key),
    delete: (key) => store.delete(key),
    ping: () => store.ping(),
    has: (key) => store.has(key),
    async *names() {
      yield* await Promise.resolve(server.keys());
    },
  };
  const { service, database } = await openText(() => Promise.resolve(images));
  await service.register('ada', textPicture(1), testRequest);
  await service.register('bob', textPicture(2), testRequest);
  expect(await compare(database, images)).toEqual([]);

  const orphan = createImageKey('image/png');
  await store.put(orphan, picture);
  const [lost = ''] = server.keys().filter((key) => key !== orphan);
  await store.delete(lost);
  const findings = await compare(database, images);
  expect(findings.map(({ problem }) => problem).sort()).toEqual(
    [`${orphan} is a file that no row knows`, `${lost} is a user's picture, but the file is missing`].sort(),
  );
  for (const { repair } of findings) await repair?.();
  expect(await store.has(orphan)).toBe(false);
  expect(await compare(database, images)).toHaveLength(1);
});

it('lists a bucket page by page, without its own object', async () => {
  const asked: URLSearchParams[] = [];
  const page = (keys: readonly string[], next?: string) =>
    `<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
     <IsTruncated>${String(next !== undefined)}</IsTruncated>
     ${next === undefined ? '' : `<NextContinuationToken>${next}</NextContinuationToken>`}
     ${keys.map((key) => `<Contents><Key>people/${key}</Key><Size>3</Size></Contents>`).join('')}</ListBucketResult>`;
  // The real test server cannot list; these are answers as S3 documents them.
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://localhost');
    if (request.method !== 'GET') {
      response.end();
      return;
    }
    asked.push(searchParams);
    const token = searchParams.get('continuation-token');
    response.end(token === null ? page(['.facial-verification', 'ab/1.jpg'], 'more/+=') : page(['cd/2.jpg']));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  const { location } = await startS3Server();
  const { port } = server.address() as AddressInfo;
  const store = await S3ImageStore.open({ ...location, endpoint: `http://127.0.0.1:${port}` });
  onTestFinished(() => {
    store.close();
  });

  const names: string[] = [];
  for await (const name of store.names()) names.push(name);
  expect(names).toEqual(['ab/1.jpg', 'cd/2.jpg']);
  expect(asked.map((query) => [query.get('list-type'), query.get('prefix')])).toEqual([
    ['2', 'people/'],
    ['2', 'people/'],
  ]);
  expect(asked[1]?.get('continuation-token')).toBe('more/+=');
});

it.skipIf(mariadbMissing !== null)(
  `mends a MySQL database beside running nodes ${mariadbMissing ?? ''}`,
  async () => {
    const server = await MariadbServer.start();
    onTestFinished(() => server.discard());
    const name = await server.createDatabase();
    const database = await openFor(optionsFor(server, name));
    const images = await LocalImageStore.open(temporaryFolder());
    const { template, image } = await enrol(database, { id: 'ada', seed: 1 });
    const { image: kept } = await enrol(database, { id: 'bob', seed: 2 });
    for (const { key } of [image, kept]) await images.put(key, picture);
    expect(await all(checkRows(database, images))).toEqual([]);
    expect(await compare(database, images)).toEqual([]);

    await server.run("SET FOREIGN_KEY_CHECKS = 0; DELETE FROM users WHERE id = 'ada'", name);
    const findings = await all(checkRows(database, images));
    expect(findings.map(({ problem }) => problem)).toEqual([
      `Template ${template.templateId} belongs to a user who does not exist`,
      `${image.key} belongs to a user who does not exist`,
      'A key belongs to a user who does not exist',
    ]);
    for (const { repair } of findings) expect(await repair?.()).toBe(true);
    expect(await all(checkRows(database, images))).toEqual([]);
    expect(await compare(database, images)).toEqual([]);
    expect(await images.has(image.key)).toBe(false);
    expect(await database.gallery.changesSince(2, template.modelId, 100)).toEqual({
      revision: 3,
      changes: [{ op: 'remove', templateId: template.templateId }],
    });

    await server.run(`UPDATE face_blobs SET state = 'deleting' WHERE \`key\` = '${kept.key}'`, name);
    const [wrong] = await compare(database, images);
    expect(wrong?.problem).toBe(`${kept.key} is a user's picture, but marked as deleting`);
    expect(await wrong?.repair?.()).toBe(true);
    expect(await compare(database, images)).toEqual([]);
  },
);
