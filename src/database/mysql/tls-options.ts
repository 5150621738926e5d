import { readFile } from 'node:fs/promises';
import type { SslOptions } from 'mysql2';
import type { MysqlTls } from './mysql-options.js';

/** @throws Error that names the file which can not be read. */
export async function readTlsOptions({ verify, caFile, certFile, keyFile }: MysqlTls): Promise<SslOptions> {
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
    throw new Error(`The file ${file} of ${variable} can not be read.`, { cause });
  }
}
