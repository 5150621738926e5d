import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { holderKinds, openTransitServer } from '../../support/holders/holder-kinds.js';
import { sampleFace } from '../../support/pictures/sample-faces.js';
import { runCommand } from '../../support/service/run-command.js';
import { ServiceClient } from '../../support/service/service-client.js';
import { ServiceProcess } from '../../support/service/service-process.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const run = (name: string, environment: Record<string, string>, ...args: string[]) =>
  runCommand({ source: `src/cli/${name}.ts`, arguments: args, environment });

/** Registers a person in a new data folder. */
async function folderWithAda(environment: Record<string, string>): Promise<string> {
  const dataDir = temporaryFolder();
  const service = await ServiceProcess.start({ dataDir, environment });
  await new ServiceClient(service.address).registerOverRest('ada', await sampleFace('sample3-left'));
  expect(await service.end('SIGTERM')).toBe(0);
  return dataDir;
}

async function verifyAda(dataDir: string, environment: Record<string, string>): Promise<void> {
  const service = await ServiceProcess.start({ dataDir, environment });
  const said = await new ServiceClient(service.address).verifyOverRest(
    'ada',
    await sampleFace('sample3-left'),
  );
  expect(said).toMatchObject({ verified: true });
  expect(await service.end('SIGTERM')).toBe(0);
}

const linesOf = (dataDir: string) =>
  readFileSync(join(dataDir, 'master.key'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

describe.each(holderKinds)('with keys held by $name', ({ name, missing, open }) => {
  it.skipIf(missing !== null)(
    'the service makes its first key, and it is rotated, examined, backed up and restored',
    async () => {
      const { environment } = await open();
      const dataDir = await folderWithAda(environment);
      const here = { ...environment, DATA_DIR: dataDir };
      expect(linesOf(dataDir)).toEqual([expect.stringMatching(new RegExp(`^[0-9a-f-]+:${name}:`))]);

      const rotated = await run('master-key', here, 'rotate');
      expect(rotated.output).toMatch(/1 of 1 keys wrapped/);
      expect(linesOf(dataDir)).toHaveLength(2);
      expect(linesOf(dataDir).every((line) => line.includes(`:${name}:`))).toBe(true);
      const status = await run('master-key', here, 'status');
      expect(status.output).toMatch(new RegExp(`1 users, current, wrapped by ${name}\n`));
      expect((await run('doctor', here)).output).toContain('0 problems found');

      const backup = join(temporaryFolder(), 'backup');
      expect((await run('backup', here, backup)).code).toBe(0);
      expect(existsSync(join(backup, 'master.key'))).toBe(false);
      const restored = temporaryFolder();
      const there = { ...environment, MASTER_KEYS: linesOf(dataDir).join(',') };
      const restoration = await run('restore', { ...there, DATA_DIR: restored }, backup);
      expect(restoration.output).toContain('1 users and 1 pictures');
      await verifyAda(restored, there);
      const exported = join(temporaryFolder(), 'ada');
      expect((await run('export', here, 'ada', exported)).output).toContain('1 pictures, 1 templates');
    },
  );

  it.skipIf(missing !== null)(
    'a key that was plain is wrapped, and goes on protecting everybody',
    async () => {
      const dataDir = await folderWithAda({});
      const [plain = ''] = linesOf(dataDir);
      const { environment } = await open();
      const here = { ...environment, DATA_DIR: dataDir };
      const started = await ServiceProcess.start({ dataDir, environment });
      expect(started.output.join('\n')).toContain('is plain although MASTER_KEY_HOLDER is set');
      await started.end('SIGTERM');

      const wrapped = await run('master-key', here, 'wrap');
      expect(wrapped.output).toContain(`1 master keys in ${join(dataDir, 'master.key')} wrapped by ${name}`);
      const [id = '', secret = ''] = plain.split(':');
      expect(linesOf(dataDir)).toEqual([expect.stringMatching(new RegExp(`^${id}:${name}:`))]);
      expect(readFileSync(join(dataDir, 'master.key'), 'utf8')).not.toContain(secret);
      await verifyAda(dataDir, environment);

      const printed = await run('master-key', { ...here, MASTER_KEYS: plain }, 'wrap');
      expect(printed.output).toMatch(new RegExp(`^${id}:${name}:[^\\n]+\\n$`));
      expect(printed.output).not.toContain(secret);
      expect((await run('master-key', here, 'create')).output).toMatch(
        new RegExp(`^[0-9a-f-]+:${name}:[^\\n]+\\n$`),
      );
      // Back to a plain key: what was wrapped is still opened, what is new is not wrapped.
      const rotated = await run('master-key', { ...here, MASTER_KEY_HOLDER: 'none' }, 'rotate');
      expect(rotated.output).toMatch(/1 of 1 keys wrapped/);
      expect(linesOf(dataDir)[0]).toMatch(/^[0-9a-f-]+:[A-Za-z0-9+/]{43}=$/);
    },
  );
});

it('while the holder is away, commands that open something say so, and backups are made', async () => {
  const server = await openTransitServer();
  const { environment } = server;
  const dataDir = await folderWithAda(environment);
  await server.stop();
  const here = { ...environment, DATA_DIR: dataDir };
  const before = linesOf(dataDir);
  const lines = [
    await run('doctor', here),
    await run('master-key', here, 'rotate'),
    await run('master-key', here, 'wrap'),
    await run('master-key', here, 'create'),
    await run('export', here, 'ada', join(temporaryFolder(), 'ada')),
  ];
  for (const { code, output } of lines) {
    expect(output).toContain(`Vault at ${server.address} cannot be reached (ECONNREFUSED)`);
    expect(code).toBe(2);
    expect(output).not.toContain(server.token);
  }
  expect(linesOf(dataDir)).toEqual(before);
  expect((await run('backup', here, join(temporaryFolder(), 'backup'))).code).toBe(0);
});

it('speaks to Vault over TLS only where its certificate is trusted', async () => {
  const folder = temporaryFolder();
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const request =
    'req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost';
  execFileSync('openssl', [...request.split(' '), '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const { environment } = await openTransitServer({
    cert: readFileSync(cert, 'utf8'),
    key: readFileSync(key, 'utf8'),
  });
  const distrusted = await run('master-key', environment, 'create');
  expect(distrusted.output).toMatch(/cannot be reached \(.*SELF_SIGNED/);
  const trusted = await run('master-key', { ...environment, NODE_EXTRA_CA_CERTS: cert }, 'create');
  expect(trusted.output).toMatch(/^[0-9a-f-]+:vault:v1:/);
});
