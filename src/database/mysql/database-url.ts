import type { MysqlHost } from './mysql-options.js';

export interface DatabaseUrl {
  readonly hosts: readonly MysqlHost[];
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

const SHAPE = /^mysql:\/\/(?:(?<login>[^/?#]*)@)?(?<hosts>[^@/?#]+)\/(?<database>[^/?#]+)$/;
const HOST_SHAPE = /^(?<host>\[[0-9a-fA-F:.]+\]|[^:[\]\s]+)(?::(?<port>\d{1,5}))?$/;

/**
 * Reads `mysql://user:password@host:3306,other:3306/database`; the port may be left out. User, password and database
 * are percent-encoded where they hold anything but letters, digits and `-._~`.
 * @throws RangeError that never quotes the text, which may hold the password.
 */
export function parseDatabaseUrl(text: string): DatabaseUrl {
  const { login = '', hosts = '', database = '' } = SHAPE.exec(text)?.groups ?? {};
  if (hosts === '') throw new RangeError('is not of the form mysql://user:password@host:3306/database');
  const colon = login.indexOf(':');
  return {
    hosts: hosts.split(',').map(parseHost),
    user: decode(colon === -1 ? login : login.slice(0, colon)),
    password: decode(colon === -1 ? '' : login.slice(colon + 1)),
    database: decode(database),
  };
}

function parseHost(text: string): MysqlHost {
  const { host = '', port = '3306' } = HOST_SHAPE.exec(text)?.groups ?? {};
  if (host === '' || Number(port) < 1 || Number(port) > 65_535)
    throw new RangeError('names a host or port that cannot be');
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RangeError('holds a % that begins no percent-encoding: write %25 for it');
  }
}
