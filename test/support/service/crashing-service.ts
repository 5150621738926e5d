import type { CrashingProcess, Outcome } from './crash-loop.js';
import type { StoredPerson } from '../databases/read-data-folder.js';
import { sampleFace, sampleFaces } from '../pictures/sample-faces.js';
import { idForm, restForm } from './service-client.js';
import { ServiceProcess } from './service-process.js';

const pictures = await Promise.all(sampleFaces.map((name) => sampleFace(name)));

function pictureOf(person: number): Buffer {
  const picture = pictures[person % pictures.length];
  if (picture === undefined) throw new Error('There are no sample pictures.');
  return picture;
}

/** The whole service, written to over REST. */
export function startCrashingService(dataDir: string): CrashingProcess {
  const starting = ServiceProcess.start({ dataDir });
  starting.catch(() => undefined);
  const ask = async (method: 'POST' | 'DELETE', body: FormData, expected: number): Promise<Outcome> => {
    const { address } = await starting;
    const response = await fetch(`${address}/register/`, { method, body }).catch(() => null);
    if (response === null) return 'unanswered';
    if (response.status !== expected) throw new Error(`The service answered ${response.status}.`);
    return 'answered';
  };
  return {
    ready: starting,
    register: (id, person) => ask('POST', restForm(id, pictureOf(person)), 201),
    remove: (id) => ask('DELETE', idForm(id), 204),
    kill: async () => {
      const service = await starting;
      await service.end('SIGKILL');
    },
  };
}

export function isStoredAsFace({ picture, vector }: StoredPerson, person: number): boolean {
  return picture.equals(pictureOf(person)) && vector.length === 128 * 4;
}
