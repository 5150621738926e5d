import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { ServiceProcess } from '../support/service/service-process.js';
import { temporaryFolder } from '../support/temporary-folder.js';

it('leaves nothing outside its data folder: no identifiers, caches or reports of libraries', async () => {
  const home = temporaryFolder();
  const service = await ServiceProcess.start({
    environment: { HOME: home, XDG_CACHE_HOME: join(home, 'cache') },
  });
  onTestFinished(() => service.discard());
  const answer = await fetch(`${service.address}/readyz`);
  expect(answer.status).toBe(200);
  expect(await service.end('SIGTERM')).toBe(0);
  expect(readdirSync(home)).toEqual([]);
});
