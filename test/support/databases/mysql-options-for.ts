import type { MysqlSettings } from '../../../src/database/mysql/mysql-options.js';
import { SERVICE_PASSWORD, type MariadbServer } from './mariadb-server.js';

/** How the service would reach a database of the server. */
export function optionsFor(server: MariadbServer, database: string): MysqlSettings {
  return {
    hosts: [{ host: '127.0.0.1', port: server.port }],
    user: 'service',
    password: SERVICE_PASSWORD,
    database,
    poolSize: 10,
    connectTimeoutMs: 3000,
    timeoutMs: 10_000,
    tls: undefined,
  };
}
