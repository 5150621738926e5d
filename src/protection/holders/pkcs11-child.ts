import { randomBytes } from 'node:crypto';
import type * as Pkcs11 from 'pkcs11js';
import type { Pkcs11Failure, Pkcs11Reply, Pkcs11Request, Pkcs11Settings } from './pkcs11-messages.js';

// The program of a process that lives for one request: a library that crashes or hangs takes only that with it, and
// the service never has a session that was logged in.

const NONCE_BYTES = 12;
const TAG_BITS = 128;

class Failure extends Error {
  constructor(
    readonly kind: Pkcs11Failure,
    message: string,
  ) {
    super(message);
  }
}

async function answer(request: Pkcs11Request): Promise<Pkcs11Reply> {
  try {
    const pkcs11 = await loadPackage();
    const module = new pkcs11.PKCS11();
    loadModule(module, request.settings.module);
    try {
      return { values: compute(pkcs11, module, request) };
    } finally {
      module.C_Finalize();
    }
  } catch (error) {
    if (error instanceof Failure) return { failure: error.kind, message: error.message };
    const code = error instanceof Error ? error.message : String(error);
    return { failure: code.startsWith('CKR_PIN_') ? 'pin' : 'token', message: `answered ${code}` };
  }
}

async function loadPackage(): Promise<typeof Pkcs11> {
  try {
    return (await import('pkcs11js')).default;
  } catch {
    throw new Failure(
      'setup',
      'needs the optional package pkcs11js, compiled for this machine: npm run pkcs11',
    );
  }
}

function loadModule(module: Pkcs11.PKCS11, path: string): void {
  try {
    module.load(path);
    module.C_Initialize();
  } catch (error) {
    throw new Failure('setup', `cannot be loaded (${error instanceof Error ? error.message : 'unknown'})`);
  }
}

function compute(
  pkcs11: typeof Pkcs11,
  module: Pkcs11.PKCS11,
  { settings, operation, values }: Pkcs11Request,
): Uint8Array[] {
  const slot = module
    .C_GetSlotList(true)
    .find((candidate) => module.C_GetTokenInfo(candidate).label.trimEnd() === settings.token);
  if (slot === undefined) throw new Failure('token', `has no token ${settings.token}`);
  const session = module.C_OpenSession(slot, pkcs11.CKF_SERIAL_SESSION);
  module.C_Login(session, pkcs11.CKU_USER, settings.pin);
  const key = findKey(pkcs11, module, session, settings);
  const gcm = (iv: Buffer): Pkcs11.Mechanism => {
    const type = pkcs11.CK_PARAMS_AES_GCM_v240;
    const parameter: Pkcs11.AesGCM = { type, iv, ivBits: iv.length * 8, tagBits: TAG_BITS };
    return { mechanism: pkcs11.CKM_AES_GCM, parameter };
  };
  return values.map((given) => {
    const value = Buffer.from(given);
    if (operation === 'encrypt') {
      const nonce = randomBytes(NONCE_BYTES);
      module.C_EncryptInit(session, gcm(nonce), key);
      const sealed = module.C_Encrypt(session, value, Buffer.alloc(value.length + TAG_BITS / 8));
      return Buffer.concat([nonce, sealed]);
    }
    module.C_DecryptInit(session, gcm(value.subarray(0, NONCE_BYTES)), key);
    return module.C_Decrypt(session, value.subarray(NONCE_BYTES), Buffer.alloc(value.length));
  });
}

function findKey(
  pkcs11: typeof Pkcs11,
  module: Pkcs11.PKCS11,
  session: Buffer,
  { token, key }: Pkcs11Settings,
): Buffer {
  module.C_FindObjectsInit(session, [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_SECRET_KEY },
    { type: pkcs11.CKA_KEY_TYPE, value: pkcs11.CKK_AES },
    { type: pkcs11.CKA_LABEL, value: key },
  ]);
  const [found, second] = module.C_FindObjects(session, 2);
  module.C_FindObjectsFinal(session);
  if (found === undefined) throw new Failure('token', `has no AES key ${key} in the token ${token}`);
  if (second !== undefined)
    throw new Failure('token', `has several AES keys ${key} in the token ${token}; give one another label`);
  return found;
}

process.once('message', (request: Pkcs11Request) => {
  void answer(request).then((reply) => {
    process.send?.(reply, () => {
      process.disconnect();
    });
  });
});
