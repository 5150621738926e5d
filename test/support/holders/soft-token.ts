import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as Pkcs11 from 'pkcs11js';
import { temporaryFolder } from '../temporary-folder.js';

const MODULE = '/usr/lib/softhsm/libsofthsm2.so';
const PIN = '246813';

/** Why tests over a PKCS#11 token are skipped on this machine; null where they run. */
export const softTokenMissing = missing();

function missing(): string | null {
  if (!existsSync(MODULE)) return `${MODULE} is not there (Debian: apt-get install softhsm2)`;
  try {
    loadPackage();
    return null;
  } catch {
    return 'the package pkcs11js is not compiled (npm run pkcs11)';
  }
}

function loadPackage(): typeof Pkcs11 {
  return createRequire(import.meta.url)('pkcs11js') as typeof Pkcs11;
}

/** A token of SoftHSM of its own, with one AES key. */
export class SoftToken {
  readonly label = 'faces';
  readonly #file: string;

  constructor() {
    const folder = temporaryFolder();
    this.#file = join(folder, 'softhsm2.conf');
    const tokens = join(folder, 'tokens');
    mkdirSync(tokens);
    writeFileSync(
      this.#file,
      `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`,
    );
    execFileSync(
      'softhsm2-util',
      ['--init-token', '--free', '--label', this.label, '--pin', PIN, '--so-pin', '13572468'],
      { env: { ...process.env, SOFTHSM2_CONF: this.#file } },
    );
    this.addKey('facial-verification');
  }

  /** Made inside the token: keys that softhsm2-util imports refuse AES-GCM now and then. */
  addKey(label: string): void {
    const pkcs11 = loadPackage();
    const module = new pkcs11.PKCS11();
    const before = process.env['SOFTHSM2_CONF'];
    process.env['SOFTHSM2_CONF'] = this.#file;
    module.load(MODULE);
    module.C_Initialize();
    try {
      const slot = module
        .C_GetSlotList(true)
        .find((one) => module.C_GetTokenInfo(one).label.trim() === this.label);
      if (slot === undefined) throw new Error('The token is not there.');
      const session = module.C_OpenSession(slot, pkcs11.CKF_SERIAL_SESSION | pkcs11.CKF_RW_SESSION);
      module.C_Login(session, pkcs11.CKU_USER, PIN);
      module.C_GenerateKey(session, { mechanism: pkcs11.CKM_AES_KEY_GEN }, [
        { type: pkcs11.CKA_LABEL, value: label },
        { type: pkcs11.CKA_VALUE_LEN, value: 32 },
        { type: pkcs11.CKA_TOKEN, value: true },
        { type: pkcs11.CKA_PRIVATE, value: true },
        { type: pkcs11.CKA_SENSITIVE, value: true },
        { type: pkcs11.CKA_EXTRACTABLE, value: false },
        { type: pkcs11.CKA_ENCRYPT, value: true },
        { type: pkcs11.CKA_DECRYPT, value: true },
      ]);
    } finally {
      module.C_Finalize();
      module.close();
      if (before === undefined) delete process.env['SOFTHSM2_CONF'];
      else process.env['SOFTHSM2_CONF'] = before;
    }
  }

  /** Variables that name it to the service. */
  get environment(): Record<string, string> {
    return {
      SOFTHSM2_CONF: this.#file,
      MASTER_KEY_HOLDER: 'pkcs11',
      PKCS11_MODULE: MODULE,
      PKCS11_TOKEN: this.label,
      PKCS11_PIN: PIN,
    };
  }
}
