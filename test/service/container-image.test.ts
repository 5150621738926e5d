import { cpSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { projectRoot } from '../../src/project-root.js';
import { sampleFace } from '../support/pictures/sample-faces.js';
import { ServiceProcess } from '../support/service/service-process.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** What the last stage of the Dockerfile copies: paths below the project folder. */
function imageContents(): string[] {
  const stages = readFileSync(join(projectRoot, 'Dockerfile'), 'utf8').split(/^FROM /m);
  const copies = (stages.at(-1) ?? '').matchAll(/^COPY (?:--from=\w+ )?(.+) \S+$/gm);
  return [...copies].flatMap(([, sources = '']) =>
    sources.split(' ').map((path) => path.replace('/app/', '')),
  );
}

it('the files that the container image gets are enough to register and verify a face that has to be live', async () => {
  const contents = imageContents();
  expect(contents).toEqual(
    expect.arrayContaining(['package.json', 'drizzle', 'models', 'dist/src', 'node_modules']),
  );
  const root = temporaryFolder();
  for (const path of contents)
    if (path === 'node_modules') symlinkSync(join(projectRoot, path), join(root, path));
    else cpSync(join(projectRoot, path), join(root, path), { recursive: true });

  const environment = { NODE_ENV: 'production', LIVENESS: 'register-and-verify', LIVENESS_THRESHOLD: '0' };
  const service = await ServiceProcess.start({ root, environment });
  onTestFinished(() => service.discard());
  const send = async (path: string) => {
    const form = new FormData();
    form.set('id', 'ada');
    form.set('image', new Blob([new Uint8Array(await sampleFace('sample1-left'))]), 'ada.jpg');
    const answer = await fetch(service.address + path, { method: 'POST', body: form });
    return answer.json();
  };
  expect(await send('/register/')).toEqual({ message: 'Data inserted successfully' });
  expect(await send('/verify/')).toMatchObject({ recognition: 'ada', verified: true });
});
