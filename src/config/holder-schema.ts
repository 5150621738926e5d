import { z } from 'zod';
import { secretFile } from './secret-file-schema.js';

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Whether nobody on the way can read what is sent there. */
function isPrivate(address: string): boolean {
  const { protocol, hostname } = new URL(address);
  return protocol === 'https:' || LOOPBACK.test(hostname);
}

// Path elements of the engine's address that need no encoding.
const MOUNT_SHAPE = /^[\w-]+(?:\/[\w-]+)*$/;

/** Variables of what holds master keys outside the process. */
export const holderSchema = {
  MASTER_KEY_HOLDER: z
    .enum(['none', 'pkcs11', 'vault'])
    .default('none')
    .describe(
      'What wraps new master keys outside the process: a PKCS#11 token or the transit engine of HashiCorp Vault; see docs/protection.md',
    ),
  PKCS11_MODULE: z
    .string()
    .min(1)
    .optional()
    .describe('Library of the token, for example `/usr/lib/softhsm/libsofthsm2.so`'),
  PKCS11_TOKEN: z.string().min(1).optional().describe('Label of the token'),
  PKCS11_KEY: z
    .string()
    .min(1)
    .default('facial-verification')
    .describe('Label of the AES key in the token, which must be there'),
  PKCS11_PIN: z.string().min(1).optional().describe('PIN of the user of the token'),
  PKCS11_PIN_FILE: secretFile('PKCS11_PIN'),
  VAULT_ADDR: z
    .url({ protocol: /^https?$/ })
    .refine(isPrivate, 'must begin with https:// unless it is on this machine')
    .transform((address) => address.replace(/\/+$/, ''))
    .optional()
    .describe('Address of Vault, `https://vault.example.org:8200`; HTTP on this machine only'),
  VAULT_TOKEN: z
    .string()
    .min(1)
    .regex(/^[\x21-\x7e]+$/, 'must be of visible ASCII characters')
    .optional()
    .describe('Token for Vault; unset: none is sent, for a Vault Agent that adds its own'),
  VAULT_TOKEN_FILE: secretFile('VAULT_TOKEN'),
  VAULT_NAMESPACE: z
    .string()
    .regex(/^[\w/-]+$/, 'must be a path of letters, digits, _ and -')
    .optional()
    .describe('Namespace in Vault Enterprise'),
  VAULT_TRANSIT_MOUNT: z
    .string()
    .regex(MOUNT_SHAPE, 'must be a path of letters, digits, _ and -')
    .default('transit')
    .describe('Path that the transit engine is mounted at'),
  VAULT_TRANSIT_KEY: z
    .string()
    .regex(/^\w[\w.-]*$/, 'must be the name of a key')
    .default('facial-verification')
    .describe('Name of the key in the transit engine, which must be there'),
};

/** What is missing or too much among them, one text each. They are read as text, before anything else is checked. */
export function holderContradictions(given: Partial<Record<string, string>>): string[] {
  const { MASTER_KEY_HOLDER: holder } = given;
  const found: string[] = [];
  const { PKCS11_MODULE, PKCS11_TOKEN, PKCS11_PIN, VAULT_ADDR } = given;
  if (holder === 'pkcs11' && PKCS11_MODULE === undefined)
    found.push('MASTER_KEY_HOLDER: pkcs11 needs PKCS11_MODULE, the library of the token');
  if (PKCS11_MODULE !== undefined)
    for (const [name, value] of Object.entries({ PKCS11_TOKEN, PKCS11_PIN }))
      if (value === undefined) found.push(`PKCS11_MODULE: needs ${name}`);
  if (holder === 'vault' && VAULT_ADDR === undefined)
    found.push('MASTER_KEY_HOLDER: vault needs VAULT_ADDR, its address');
  return found;
}
