import { DatabaseSync } from '@photostructure/sqlite';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { mariadbMissing, MariadbServer } from '../support/databases/mariadb-server.js';
import { runCommand, type CommandResult } from '../support/service/run-command.js';
import { ServiceProcess, type ServiceProcessOptions } from '../support/service/service-process.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { startTextNodes } from '../support/service/text-nodes.js';

const KEY_FORMAT = /fvb_([0-9a-f]{16})_[A-Za-z0-9_-]{43}/;

const keys = (environment: Record<string, string>, ...args: string[]): Promise<CommandResult> =>
  runCommand({ source: 'src/cli/keys.ts', arguments: args, environment });

async function createKey(environment: Record<string, string>, scopes: string) {
  const { code, output } = await keys(environment, 'create', '--name', 'gate-3', '--scope', scopes);
  expect(code, output).toBe(0);
  const [key = '', id = ''] = KEY_FORMAT.exec(output) ?? [];
  return { key, id, output };
}

/** A node whose faces are text: loading models takes long. */
async function startNode(options: ServiceProcessOptions = {}): Promise<ServiceProcess> {
  const images = join(temporaryFolder(), 'images');
  const node = await ServiceProcess.start({
    program: ['test/support/service/text-node.ts', images],
    ...options,
  });
  onTestFinished(() => node.discard());
  return node;
}

async function list({ address }: ServiceProcess, key?: string): Promise<number> {
  const port = new URL(address).port;
  const headers: Record<string, string> = key === undefined ? {} : { Authorization: `Bearer ${key}` };
  return (await fetch(`http://127.0.0.1:${port}/register/`, { headers })).status;
}

describe('on the embedded database', { timeout: 120_000 }, () => {
  it(
    'keys are created, listed and revoked beside a running service, which obeys at the next request',
    { timeout: 120_000 },
    async () => {
      const service = await ServiceProcess.start();
      onTestFinished(() => service.discard());
      const environment = { DATA_DIR: service.dataDir };
      expect(await list(service)).toBe(200);

      const { key, id, output } = await createKey(environment, 'read,verify');
      expect(output).toContain(`Key ${id} (gate-3) may read, verify, without expiry`);
      expect(await list(service)).toBe(401);
      expect(await list(service, key)).toBe(200);
      const other = await createKey(environment, 'verify');
      expect(await list(service, other.key)).toBe(403);

      expect(await keys(environment, 'revoke', id)).toEqual({ code: 0, output: '' });
      expect(await list(service, key)).toBe(401);
      expect(await list(service)).toBe(401);
      const listed = await keys(environment, 'list');
      expect(listed.output).toMatch(new RegExp(`^${id}  gate-3  read,verify  revoked \\d{4}-`, 'm'));
      expect(listed.output).toMatch(
        new RegExp(`^${other.id}  gate-3  verify  created \\d{4}-.*, without expiry$`, 'm'),
      );
      expect(listed.output.match(/\n/g)).toHaveLength(2);

      expect(await service.end('SIGTERM')).toBe(0);
      const written = readdirSync(service.dataDir, { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name }) => readFileSync(join(service.dataDir, name), 'latin1'))
        .concat(service.output, listed.output)
        .join('\n');
      expect(written).toContain(id);
      for (const secret of [key, other.key].map((text) => text.slice(-43)))
        expect(written).not.toContain(secret);
    },
  );

  it('the first key can be created before the service ever ran, and lets it serve others', async () => {
    const dataDir = join(temporaryFolder(), 'new');
    const { key } = await createKey({ DATA_DIR: dataDir }, 'admin');
    const service = await startNode({ dataDir, environment: { HOST: '0.0.0.0' } });
    expect(await list(service)).toBe(401);
    expect(await list(service, key)).toBe(200);
  });

  it('without keys the service does not serve others, and says what to do', async () => {
    const environment = { DATA_DIR: temporaryFolder(), PORT: '0', HOST: '0.0.0.0' };
    const refused = await runCommand({ source: 'src/main.ts', environment });
    expect(refused.code).toBe(78);
    expect(refused.output).toContain('HOST: others can reach this address');
    expect(refused.output).toContain('npm run keys -- create --scope admin --name first');

    const service = await startNode({
      environment: { HOST: '0.0.0.0', DANGEROUSLY_SERVE_WITHOUT_KEYS: 'yes' },
    });
    expect(await list(service)).toBe(200);
    expect(service.output.join('\n')).toContain('there is no API key');
    await createKey({ DATA_DIR: service.dataDir }, 'verify');
    expect(await list(service)).toBe(401);
  });

  it('keys for API_KEYS are printed without a database', async () => {
    const dataDir = join(temporaryFolder(), 'absent');
    const args = ['create', '--name', 'gate-3', '--scope', 'read', '--print-only'];
    const { code, output } = await keys({ DATA_DIR: dataDir }, ...args);
    expect(code).toBe(0);
    expect(existsSync(dataDir)).toBe(false);
    const [key = ''] = KEY_FORMAT.exec(output) ?? [];
    const entry = /^API_KEYS: (.*)$/m.exec(output)?.[1] ?? '';
    const service = await startNode({ environment: { HOST: '0.0.0.0', API_KEYS: entry } });
    expect(await list(service)).toBe(401);
    expect(await list(service, key)).toBe(200);
  });

  it('a running service of another version is left alone', async () => {
    const service = await startNode();
    const database = new DatabaseSync(join(service.dataDir, 'facial-verification.sqlite'), { timeout: 5000 });
    onTestFinished(() => {
      database.close();
    });
    database.exec(
      "INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('from the future', 9999999999999)",
    );
    const environment = { DATA_DIR: service.dataDir };
    for (const args of [['create', '--name', 'x', '--scope', 'read'], ['list'], ['revoke', 'x']]) {
      const { code, output } = await keys(environment, ...args);
      expect(code).toBe(2);
      expect(output).toContain('The running service is another version of this program');
      expect(output).not.toMatch(KEY_FORMAT);
    }
    expect(database.prepare('SELECT count(*) AS keys FROM api_keys').get()).toEqual({ keys: 0 });
    expect(await list(service)).toBe(200);
  });

  it('the command says what is wrong', async () => {
    const environment = { DATA_DIR: temporaryFolder() };
    const unknown = await keys(environment, 'revoke', '0123456789abcdef');
    expect(unknown.code).toBe(1);
    expect(unknown.output).toContain('There is no key of this id');
    const misused = await keys(environment, 'create', '--scope', 'everything');
    expect(misused.code).toBe(2);
    expect(misused.output).toMatch(/--scope takes register, .*Usage:/s);
    expect((await keys({ ...environment, PORT: 'x' }, 'list')).code).toBe(78);
  });
});

describe.skipIf(mariadbMissing !== null)(`on MySQL ${mariadbMissing ?? ''}`, { timeout: 120_000 }, () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await MariadbServer.start();
  });
  afterAll(() => server.discard());

  it('keys count on every node at the next request, and nobody is let in without the database', async () => {
    const url = server.url(await server.createDatabase());
    const nodes = await startTextNodes([url, url]);
    const answers = (key?: string) => Promise.all(nodes.map((node) => list(node, key)));
    expect(await answers()).toEqual([200, 200]);
    const { key, id } = await createKey({ DATABASE_URL: url }, 'read');
    expect(await answers()).toEqual([401, 401]);
    expect(await answers(key)).toEqual([200, 200]);
    expect((await keys({ DATABASE_URL: url }, 'revoke', id)).code).toBe(0);
    expect(await answers(key)).toEqual([401, 401]);

    await server.end('SIGKILL');
    expect(await answers(key)).toEqual([503, 503]);
  });
});
