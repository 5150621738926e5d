import { describe, expect, it, vi } from 'vitest';
import { loadConfig } from '../../../src/config/load-config.js';
import { KeyHolders } from '../../../src/protection/holders/key-holders.js';
import {
  createMasterKey,
  formatMasterKey,
  parseMasterKeys,
  type MasterKey,
} from '../../../src/protection/master-key.js';
import { holderKinds, openTransitServer } from '../../support/holders/holder-kinds.js';
import { SoftToken, softTokenMissing } from '../../support/holders/soft-token.js';

type Keys = [MasterKey, ...MasterKey[]];

/** The holders that the variables name; those a library reads for itself are set too. */
function holdersOf(environment: Record<string, string>): KeyHolders {
  if (environment['SOFTHSM2_CONF'] !== undefined) vi.stubEnv('SOFTHSM2_CONF', environment['SOFTHSM2_CONF']);
  return new KeyHolders(loadConfig(environment).protection.holders);
}

const secretTexts = (keys: Keys) => keys.map(({ secret }) => Buffer.from(secret).toString('base64'));

describe.each(holderKinds)('$name', ({ name, missing, open }) => {
  it.skipIf(missing !== null)(
    'gives back the master keys that it wrapped, as lines that hold no secret',
    async () => {
      const holders = holdersOf((await open()).environment);
      const keys: Keys = [createMasterKey(), createMasterKey()];
      const entries = await holders.wrap(keys);
      const text = entries.map(formatMasterKey).join('\n');
      for (const secret of secretTexts(keys)) expect(text).not.toContain(secret);
      expect(text).toContain(`${keys[0].id}:${name}:`);
      expect(parseMasterKeys(text)).toEqual(entries);
      expect(await holders.unwrap(parseMasterKeys(text))).toEqual(keys);
      expect(await holders.unwrap([keys[0], entries[1] ?? keys[0]])).toEqual(keys);
    },
  );

  it.skipIf(missing !== null)('opens nothing that another key wrapped', async () => {
    const [first, second] = [await open(), await open()];
    const entries = await holdersOf(first.environment).wrap([createMasterKey()]);
    await expect(holdersOf(second.environment).unwrap(entries)).rejects.toThrow(
      /message authentication failed|CKR_/,
    );
  });

  it.skipIf(missing !== null)('says what to set when it is not configured', async () => {
    const holders = holdersOf((await open()).environment);
    const entries = await holders.wrap([createMasterKey()]);
    await expect(holdersOf({}).unwrap(entries)).rejects.toThrow(
      /not configured: set (PKCS11_MODULE|VAULT_ADDR)/,
    );
  });
});

describe('Vault', () => {
  it('is asked once for all keys, and tells why it does not answer', async () => {
    const server = await openTransitServer();
    const holders = holdersOf(server.environment);
    const entries = await holders.wrap([createMasterKey(), createMasterKey(), createMasterKey()]);
    server.requests.length = 0;
    await holders.unwrap(entries);
    expect(server.requests).toEqual(['/v1/transit/decrypt/facial-verification']);

    const failing = async () => {
      const failure = await holders.unwrap(entries).catch((error: unknown) => error);
      expect(failure).toMatchObject({ name: 'KeyHolderError', holder: 'vault' });
      const { message } = failure as Error;
      expect(message).not.toContain(server.token);
      return message;
    };
    server.sealed = true;
    expect(await failing()).toContain(
      'answered 503 to decrypt with the key transit/facial-verification: Vault is sealed',
    );
    server.sealed = false;
    server.allowed = ['encrypt'];
    expect(await failing()).toContain('answered 403');
    await server.stop();
    expect(await failing()).toContain('cannot be reached (');
  });

  it('is given up on when it does not answer', async () => {
    const server = await openTransitServer();
    const settings = loadConfig(server.environment).protection.holders;
    const vault = settings?.vault && { ...settings.vault, timeoutMs: 50 };
    const holders = new KeyHolders({ current: 'vault', pkcs11: undefined, vault });
    server.hanging = true;
    await expect(holders.wrap([createMasterKey()])).rejects.toThrow('cannot be reached (no answer in time)');
  });

  it('with a key that was rotated opens what older versions wrapped, until those are retired', async () => {
    const server = await openTransitServer();
    const holders = holdersOf(server.environment);
    const keys: Keys = [createMasterKey()];
    const old = await holders.wrap(keys);
    server.rotate('facial-verification');
    expect(await holders.unwrap(old)).toEqual(keys);
    const anew = await holders.wrap(keys);
    expect(anew).toMatchObject([{ held: expect.stringMatching(/^vault:v2:/) as string }]);
    server.retire('facial-verification', 2);
    expect(await holders.unwrap(anew)).toEqual(keys);
    await expect(holders.unwrap(old)).rejects.toThrow('disallowed by policy (too old)');
  });

  it('that may wrap but not unwrap is found out before anything depends on it', async () => {
    const server = await openTransitServer();
    server.allowed = ['encrypt'];
    await expect(holdersOf(server.environment).wrap([createMasterKey()])).rejects.toThrow(
      'answered 403 to decrypt',
    );
  });

  it('is told its namespace, and a token only where there is one', async () => {
    const server = await openTransitServer();
    const asked = holdersOf({
      VAULT_NAMESPACE: 'faces/prod',
      MASTER_KEY_HOLDER: 'vault',
      VAULT_ADDR: server.address,
    }).wrap([createMasterKey()]);
    await expect(asked).rejects.toThrow('permission denied');
    expect(server.headers.at(-1)).toMatchObject({
      'x-vault-namespace': 'faces/prod',
      'x-vault-request': 'true',
    });
    expect(server.headers.at(-1)).not.toHaveProperty('x-vault-token');
  });
});

describe.skipIf(softTokenMissing !== null)('a PKCS#11 token', () => {
  it('is not given a wrong PIN twice', async () => {
    const { environment } = new SoftToken();
    const holders = holdersOf({ ...environment, PKCS11_PIN: '000000' });
    const asked = () => holders.wrap([createMasterKey()]).catch((error: unknown) => error);
    const first = await asked();
    expect(first).toMatchObject({ name: 'KeyHolderError', holder: 'pkcs11' });
    expect((first as Error).message).toMatch(/CKR_PIN_INCORRECT.*the PIN is not tried again/);
    expect((first as Error).message).not.toContain('000000');
    expect(await asked()).toBe(first);
  });

  it.each([
    [{ PKCS11_TOKEN: 'another' }, 'has no token another', 'KeyHolderError'],
    [{ PKCS11_KEY: 'another' }, 'has no AES key another in the token faces', 'KeyHolderError'],
    [{ PKCS11_KEY: 'twice' }, 'has several AES keys twice', 'KeyHolderError'],
    [{ PKCS11_MODULE: '/nowhere/module.so' }, 'PKCS11_MODULE: /nowhere/module.so cannot be loaded', 'Error'],
  ])('that is not there is told: %o', async (settings, message, kind) => {
    const token = new SoftToken();
    token.addKey('twice');
    token.addKey('twice');
    const holders = holdersOf({ ...token.environment, ...settings });
    const failure = (await holders.wrap([createMasterKey()]).catch((error: unknown) => error)) as Error;
    expect(failure.message).toContain(message);
    expect(failure.name).toBe(kind);
  });

  it('whose library hangs is given up on', async () => {
    const settings = loadConfig(new SoftToken().environment).protection.holders;
    const pkcs11 = settings?.pkcs11 && { ...settings.pkcs11, timeoutMs: 1 };
    const holders = new KeyHolders({ current: 'pkcs11', pkcs11, vault: undefined });
    await expect(holders.wrap([createMasterKey()])).rejects.toThrow('did not answer in time');
  });
});

describe('the configuration', () => {
  it.each([
    [{ MASTER_KEY_HOLDER: 'pkcs11' }, 'MASTER_KEY_HOLDER: pkcs11 needs PKCS11_MODULE'],
    [{ MASTER_KEY_HOLDER: 'vault' }, 'MASTER_KEY_HOLDER: vault needs VAULT_ADDR'],
    [{ PKCS11_MODULE: '/lib.so' }, 'PKCS11_MODULE: needs PKCS11_TOKEN'],
    [{ PKCS11_MODULE: '/lib.so', PKCS11_TOKEN: 'faces' }, 'PKCS11_MODULE: needs PKCS11_PIN'],
    [{ VAULT_ADDR: 'http://vault.example.org:8200' }, 'VAULT_ADDR: must begin with https://'],
    [{ VAULT_TRANSIT_MOUNT: '../sys' }, 'VAULT_TRANSIT_MOUNT: '],
    [{ VAULT_TRANSIT_KEY: '..' }, 'VAULT_TRANSIT_KEY: '],
    [{ VAULT_TOKEN: 'two\nlines' }, 'VAULT_TOKEN: must be of visible ASCII'],
  ])('%o is refused', (environment, reason) => {
    expect(() => loadConfig(environment)).toThrow(reason);
  });

  it.each(['http://127.0.0.1:8100/', 'http://[::1]:8100', 'https://vault.example.org:8200'])(
    'takes %s',
    (address) => {
      expect(loadConfig({ VAULT_ADDR: address }).protection.holders?.vault?.address).toBe(
        address.replace(/\/$/, ''),
      );
    },
  );
});
