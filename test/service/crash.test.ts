import { expect, onTestFinished, test } from 'vitest';
import { CrashLoop, type CrashingProcess, type Outcome } from '../support/crash-loop.js';
import { sampleFace, sampleFaces } from '../support/sample-faces.js';
import { restForm } from '../support/service-client.js';
import { ServiceProcess } from '../support/service-process.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const pictures = await Promise.all(sampleFaces.map((name) => sampleFace(name)));

function pictureOf(person: number): Buffer {
  const picture = pictures[person % pictures.length];
  if (picture === undefined) throw new Error('There are no sample pictures.');
  return picture;
}

/** The whole service, written to over REST. */
function start(dataDir: string): CrashingProcess {
  const starting = ServiceProcess.start({ dataDir });
  onTestFinished(async () => {
    await (await starting).end('SIGKILL');
  });
  const ask = async (method: 'POST' | 'DELETE', body: FormData, expected: number): Promise<Outcome> => {
    const { address } = await starting;
    const response = await fetch(`${address}/register/`, { method, body }).catch(() => null);
    if (response === null) return 'unanswered';
    expect(response.status).toBe(expected);
    return 'answered';
  };
  return {
    ready: starting,
    register: (id, person) => ask('POST', restForm(id, pictureOf(person)), 201),
    remove: (id) => {
      const body = new FormData();
      body.set('id', id);
      return ask('DELETE', body, 204);
    },
    kill: async () => {
      const service = await starting;
      await service.end('SIGKILL');
    },
  };
}

test('real faces over REST: loses nothing answered and leaves nothing half-written over kills', async () => {
  const loop = new CrashLoop({
    folder: temporaryFolder(),
    start,
    isStored: ({ picture, vector }, person) => picture.equals(pictureOf(person)) && vector.length === 128 * 4,
    seed: 7,
    lifeMs: 800,
    inFlight: 4,
  });
  await loop.run(4);
  expect(loop.counts.kills).toBe(4);
  expect(loop.counts.registrations).toBeGreaterThan(0);
  expect(loop.counts.interrupted).toBeGreaterThan(0);
}, 120_000);
