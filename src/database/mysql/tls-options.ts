import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { SslOptions } from 'mysql2';
import type { MysqlHost, MysqlTls } from './mysql-options.js';

/** @throws Error that names the file which cannot be read, or the host whose name cannot be verified. */
export async function readTlsOptions(
  { verify, caFile, certFile, keyFile }: MysqlTls,
  hosts: readonly MysqlHost[],
): Promise<SslOptions> {
  // mysql2 3.24 gives the TLS socket no name for an address, which Node then checks as "localhost".
  const address = hosts.find(({ host }) => isIP(host) !== 0);
  if (verify && address)
    throw new Error(
      `DATABASE_TLS=verify needs names in DATABASE_URL: the certificate of the address ${address.host} cannot be checked.`,
    );
  const [ca, cert, key] = await Promise.all([
    readPem('DATABASE_TLS_CA', caFile),
    readPem('DATABASE_TLS_CERT', certFile),
    readPem('DATABASE_TLS_KEY', keyFile),
  ]);
  return {
    rejectUnauthorized: verify,
    verifyIdentity: verify,
    minVersion: 'TLSv1.2',
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
}

async function readPem(variable: string, file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new Error(`The file ${file} of ${variable} cannot be read.`, { cause });
  }
}
