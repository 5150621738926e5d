import { DatabaseSync } from '@photostructure/sqlite';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { compiledFile } from '../../src/project-root.js';
import { readImage } from '../../src/protection/read-image.js';
import { S3ImageStore } from '../../src/storage/s3-image-store.js';
import { sweepBlobs } from '../../src/storage/blob-sweeper.js';
import type { CrashCommand, CrashReply } from '../support/service/crash-child.js';
import type { Fault } from '../support/faulty-proxy.js';
import { openTextService, type TextService } from '../support/service/open-text-service.js';
import { s3Credentials, startS3Server, type S3Server } from '../support/s3-server.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { textPicture } from '../support/service/text-face-service.js';
import { testRequest } from '../support/api/test-origin.js';
import { unfinishedBlobs } from '../support/databases/unfinished-blobs.js';

const faults: Fault[] = ['error', 'reset', 'silence', 'error after', 'reset after', 'silence after', 'late'];
const ever = new Date(8.64e15);

async function openService(folder: string, { location }: S3Server): Promise<TextService> {
  const parts = await openTextService({
    folder,
    openImages: async () => {
      const store = await S3ImageStore.open(location, { attemptTimeoutMs: 200, attempts: 2 });
      onTestFinished(() => {
        store.close();
      });
      return store;
    },
    gallery: () => ({ size: 0, bestOther: () => Promise.resolve(null) }),
  });
  onTestFinished(async () => {
    await parts.housekeeping.stop();
    await parts.database.close();
  });
  return parts;
}

function readDatabase(folder: string, sql: string): Record<string, unknown>[] {
  const database = new DatabaseSync(join(folder, 'facial-verification.sqlite'));
  try {
    return database.prepare(sql).all() as Record<string, unknown>[];
  } finally {
    database.close();
  }
}

/** As if every intent had been announced long ago. */
function letTimePass(folder: string): void {
  readDatabase(folder, 'UPDATE blobs SET announced_at = 0 RETURNING key');
}

/** The image key of every user; each has exactly one. */
function storedKeys(folder: string): Map<string, string> {
  const rows = readDatabase(
    folder,
    `SELECT users.id, images.key FROM users JOIN images ON images.user_id = users.id
     JOIN templates ON templates.image_key = images.key JOIN blobs ON blobs.key = images.key AND state = 'live'`,
  );
  return new Map(rows.map(({ id, key }) => [String(id), String(key)]));
}

/** Every person whole, with the right picture, and nothing else in database or bucket. */
async function expectExactly(
  people: Map<string, number>,
  folder: string,
  { images, database: { protection } }: TextService,
  server: S3Server,
) {
  const keys = storedKeys(folder);
  expect([...keys.keys()].sort()).toEqual([...people.keys()].sort());
  for (const [id, key] of keys)
    expect(Buffer.from(await readImage({ userId: id, key }, { images, protection })).toString()).toBe(
      Buffer.from(textPicture(people.get(id) ?? -1)).toString(),
    );
  expect(server.keys()).toEqual([...keys.values()].sort());
  expect(readDatabase(folder, "SELECT key FROM blobs WHERE state <> 'live'")).toEqual([]);
  expect(readDatabase(folder, 'SELECT id FROM users')).toHaveLength(people.size);
}

describe('a bucket that fails now and then', () => {
  it('loses nothing that was answered, and keeps no orphan once swept', { timeout: 120_000 }, async () => {
    const server = await startS3Server();
    const folder = temporaryFolder();
    const parts = await openService(folder, server);
    const { service, database, images } = parts;
    let state = 7;
    const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
    server.proxy.plan = (method) =>
      method !== 'GET' && random() < 0.5 ? faults[Math.floor(random() * faults.length)] : undefined;

    const people = new Map<string, number>();
    const outcomes: string[] = [];
    for (let person = 1; person <= 60; person += 1) {
      const id = `user-${Math.floor(random() * 8)}`;
      const removing = people.has(id);
      const work = removing
        ? service.remove(id, testRequest)
        : service.register(id, textPicture(person), testRequest);
      const outcome = await work.then(
        () => 'done',
        (error: unknown) => (error as { code: string }).code,
      );
      outcomes.push(outcome);
      if (removing) people.delete(id);
      else if (outcome === 'done') people.set(id, person);
    }
    expect([...new Set(outcomes)].sort()).toEqual(['DELETION_UNFINISHED', 'UNAVAILABLE', 'done']);

    server.proxy.plan = () => undefined;
    await sweepBlobs(database.blobs, images, ever);
    expect(server.keys()).toEqual([...storedKeys(folder).values()].sort());
    // Requests given up long ago may still be carried out.
    expect(await server.proxy.releaseLate()).toBeGreaterThan(0);
    letTimePass(folder);
    const swept = await sweepBlobs(database.blobs, images, ever);
    expect(swept.failures).toEqual([]);
    expect(swept.finished).toBeGreaterThan(0);
    await expectExactly(people, folder, parts, server);
  });

  it('keeps the intent of a write given up, and deletes what arrives late', async () => {
    const server = await startS3Server();
    const folder = temporaryFolder();
    const parts = await openService(folder, server);
    const { service, database, images } = parts;
    server.proxy.plan = (method) => (method === 'PUT' ? 'late' : undefined);
    await expect(service.register('ada', textPicture(1), testRequest)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
    expect(server.keys()).toEqual([]);

    await server.proxy.releaseLate();
    expect(server.keys()).toHaveLength(1);
    expect(await sweepBlobs(database.blobs, images, ever)).toEqual({ finished: 0, failures: [] });
    expect(server.keys()).toEqual([]);
    expect(await unfinishedBlobs(database.blobs)).toHaveLength(1);

    letTimePass(folder);
    expect(await sweepBlobs(database.blobs, images, ever)).toEqual({ finished: 1, failures: [] });
    await expectExactly(new Map(), folder, parts, server);
    server.proxy.plan = () => undefined;
    await service.register('ada', textPicture(2), testRequest);
    await expectExactly(new Map([['ada', 2]]), folder, parts, server);
  });
});

describe('a process killed between bucket and database', () => {
  it('leaves a stored picture without a user, which the next start deletes', async () => {
    const server = await startS3Server();
    const folder = temporaryFolder();
    const child = await startChild(folder, server);
    server.proxy.plan = (method) => (method === 'PUT' ? 'silence after' : undefined);
    child.send({ id: 'ada', person: 1 });
    await expect.poll(() => server.keys(), { timeout: 10_000 }).toHaveLength(1);
    await child.kill();
    server.proxy.plan = () => undefined;

    const parts = await openService(folder, server);
    expect(server.keys()).toEqual([]);
    letTimePass(folder);
    await sweepBlobs(parts.database.blobs, parts.images, ever);
    await expectExactly(new Map(), folder, parts, server);
  });

  it('leaves the picture of a deleted user, which the next start deletes', async () => {
    const server = await startS3Server();
    const folder = temporaryFolder();
    const child = await startChild(folder, server);
    child.send({ id: 'ada', person: 1 });
    child.send({ id: 'bob', person: 2 });
    await expect.poll(() => child.done.length, { timeout: 10_000 }).toBe(2);
    server.proxy.plan = (method) => (method === 'DELETE' ? 'silence' : undefined);
    const before = server.proxy.requests.length;
    child.send({ id: 'ada' });
    await expect.poll(() => server.proxy.requests.length, { timeout: 10_000 }).toBe(before + 1);
    await child.kill();
    server.proxy.plan = () => undefined;
    expect(server.keys()).toHaveLength(2);

    const parts = await openService(folder, server);
    expect(server.keys()).toHaveLength(1);
    letTimePass(folder);
    await sweepBlobs(parts.database.blobs, parts.images, ever);
    await expectExactly(new Map([['bob', 2]]), folder, parts, server);
  });

  it('at random moments loses nothing answered and leaves no orphan', { timeout: 120_000 }, async () => {
    const server = await startS3Server();
    const folder = temporaryFolder();
    const registered = new Map<string, number>();
    let interrupted = 0;
    for (let life = 0; life < 8; life += 1) {
      const child = await startChild(folder, server);
      const people = Array.from({ length: 10 }, (_, place) => life * 100 + place);
      for (const person of people) child.send({ id: `user-${person}`, person });
      await wait(20 + life * 15);
      await child.kill();
      for (const { id, failure } of child.done) {
        expect(failure).toBeNull();
        registered.set(id, Number(id.slice(5)));
      }
      interrupted += people.length - child.done.length;
    }
    expect(interrupted).toBeGreaterThan(0);

    const parts = await openService(folder, server);
    letTimePass(folder);
    await sweepBlobs(parts.database.blobs, parts.images, ever);
    // An enrolment may be committed although the process died before it could say so.
    const stored = new Map([...storedKeys(folder).keys()].map((id) => [id, Number(id.slice(5))]));
    expect([...stored.keys()]).toEqual(expect.arrayContaining([...registered.keys()]));
    await expectExactly(stored, folder, parts, server);
  });
});

async function startChild(folder: string, { location }: S3Server) {
  const child = spawn(
    process.execPath,
    [compiledFile('test/support/service/crash-child.ts'), folder, JSON.stringify(location)],
    { stdio: ['pipe', 'pipe', 'ignore'], env: { ...process.env, ...s3Credentials } },
  );
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  // Writing to a killed process fails, which is what this test is about.
  child.stdin.on('error', () => undefined);
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const drained = once(lines, 'close');
  const done: { id: string; failure: string | null }[] = [];
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => {
      const reply = JSON.parse(line) as CrashReply;
      if ('ready' in reply) resolve();
      else done.push(reply);
    });
    child.once('exit', () => {
      reject(new Error('The process ended before it was ready.'));
    });
  });
  return {
    done,
    send: (command: CrashCommand) => child.stdin.write(`${JSON.stringify(command)}\n`),
    kill: async () => {
      child.kill('SIGKILL');
      await Promise.all([exited, drained]);
    },
  };
}
