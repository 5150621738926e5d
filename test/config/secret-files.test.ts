import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../src/config/load-config.js';
import { createMasterKey, formatMasterKey } from '../../src/protection/master-key.js';
import { startS3Server } from '../support/s3-server.js';
import { ServiceProcess } from '../support/service/service-process.js';
import { temporaryFolder } from '../support/temporary-folder.js';

function file(content: string): string {
  const path = join(temporaryFolder(), 'secret');
  writeFileSync(path, content);
  return path;
}

const apiKeys = `gate:verify:${'a'.repeat(64)}`;
const masterKey = createMasterKey();

it.each([
  ['with a line break', '\n'],
  ['with that of Windows', '\r\n'],
  ['without one', ''],
])('secrets are read from files %s', (_, end) => {
  const config = loadConfig({
    DATABASE_URL_FILE: file(`mysql://user:pass%20word@db/library${end}`),
    API_KEYS_FILE: file(apiKeys + end),
    MASTER_KEYS_FILE: file(formatMasterKey(masterKey) + end),
    IMAGE_STORE: 's3://bucket/people',
    AWS_ACCESS_KEY_ID: 'AKIA',
    AWS_SECRET_ACCESS_KEY_FILE: file(`abc/def+${end}`),
  });
  expect(config.mysql).toMatchObject({ user: 'user', password: 'pass word', database: 'library' });
  expect(config.apiKeys).toMatchObject([{ name: 'gate' }]);
  expect(config.protection.masterKeys).toMatchObject([{ id: masterKey.id }]);
  expect(config.imageStore?.credentials).toEqual({ accessKeyId: 'AKIA', secretAccessKey: 'abc/def+' });
});

it.each(['DATABASE_URL', 'API_KEYS', 'MASTER_KEYS', 'AWS_SECRET_ACCESS_KEY'])(
  '%s and its file are not both given, and no file is missing or empty, told with all other faults',
  (name) => {
    const secret = 'hush-hush';
    const message = (environment: NodeJS.ProcessEnv) => {
      try {
        loadConfig({ PORT: 'x', AWS_ACCESS_KEY_ID: 'AKIA', ...environment });
        return 'no failure';
      } catch (error) {
        return (error as Error).message;
      }
    };
    const both = message({ [name]: secret, [`${name}_FILE`]: file(secret) });
    expect(both).toMatch(new RegExp(`${name}_FILE: ${name} is set too`));
    expect(both).toContain('PORT: ');
    expect(both).not.toContain(secret);
    expect(message({ [`${name}_FILE`]: '/nowhere/secret' })).toContain(
      `${name}_FILE: the file /nowhere/secret cannot be read (ENOENT)`,
    );
    expect(message({ [`${name}_FILE`]: file('\n') })).toMatch(
      new RegExp(`${name}_FILE: the file .* is empty`),
    );
  },
);

it('a secret of a bucket in a file needs the id of its key', () => {
  expect(() => loadConfig({ AWS_SECRET_ACCESS_KEY_FILE: file('abc') })).toThrow(
    'AWS_SECRET_ACCESS_KEY_FILE: needs AWS_ACCESS_KEY_ID',
  );
});

it('the service starts with every secret in a file', async () => {
  const { location } = await startS3Server();
  const service = await ServiceProcess.start({
    environment: {
      API_KEYS_FILE: file(`${apiKeys}\n`),
      MASTER_KEYS_FILE: file(`${formatMasterKey(masterKey)}\n`),
      IMAGE_STORE: `s3://${location.bucket}/people`,
      AWS_ENDPOINT_URL: location.endpoint,
      AWS_ACCESS_KEY_ID: 'S3RVER',
      AWS_SECRET_ACCESS_KEY_FILE: file('S3RVER\n'),
    },
  });
  onTestFinished(() => service.discard());
  expect((await fetch(`${service.address}/register/`)).status).toBe(401);
  expect(service.output.join('\n')).not.toContain('S3RVER');
});
