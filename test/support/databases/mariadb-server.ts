import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection, type Connection } from 'mysql2/promise';

const binary = ['/usr/sbin/mariadbd', '/usr/libexec/mariadbd', '/usr/bin/mariadbd'].find((path) =>
  existsSync(path),
);

/** Why tests over a real server are skipped on this machine; null where they run. */
export const mariadbMissing =
  binary === undefined ? 'mariadbd is not installed (Debian: apt-get install mariadb-server)' : null;

const START_LIMIT_MS = 30_000;

/** Characters that must be encoded in a URL. */
export const SERVICE_PASSWORD = 'p@ss:w/rd %?#';

const throwAwaySettings = [
  '--innodb-flush-log-at-trx-commit=0',
  '--innodb-doublewrite=0',
  '--innodb-fast-shutdown=2',
];

export interface MariadbServerOptions {
  /** Commits survive a kill of the machine, as in production. @default false */
  readonly durable?: boolean;
  /** Further arguments of mariadbd. */
  readonly settings?: readonly string[];
}

/** A private MariaDB in a temporary folder, on a port of its own; no other server is touched. */
export class MariadbServer {
  #process: ChildProcess | undefined;
  #databases = 0;

  private constructor(
    readonly folder: string,
    readonly port: number,
    private readonly settings: readonly string[],
  ) {}

  static async start(options: MariadbServerOptions = {}): Promise<MariadbServer> {
    const server = await MariadbServer.prepare(options);
    await server.restart();
    return server;
  }

  /** Everything but the process. */
  static async prepare({
    durable = false,
    settings = [],
  }: MariadbServerOptions = {}): Promise<MariadbServer> {
    const folder = mkdtempSync(join(tmpdir(), 'facial-verification-mariadb-'));
    prepareFolder(folder);
    const server = new MariadbServer(folder, await freePort(), [
      ...(durable ? [] : throwAwaySettings),
      ...settings,
    ]);
    process.once('exit', server.#discardNow);
    return server;
  }

  get dataFolder(): string {
    return join(this.folder, 'data');
  }

  /** For `DATABASE_URL`. */
  url(database: string): string {
    return `mysql://service:${encodeURIComponent(SERVICE_PASSWORD)}@127.0.0.1:${this.port}/${database}`;
  }

  /** @returns the name of a new, empty database. */
  async createDatabase(options = ''): Promise<string> {
    this.#databases += 1;
    const name = `test_${this.#databases}_${randomBytes(4).toString('hex')}`;
    await this.run(`CREATE DATABASE ${name} ${options}`);
    return name;
  }

  connect(database?: string): Promise<Connection> {
    return createConnection({
      host: '127.0.0.1',
      port: this.port,
      user: 'service',
      password: SERVICE_PASSWORD,
      multipleStatements: true,
      timezone: 'Z',
      dateStrings: true,
      ...(database !== undefined && { database }),
    });
  }

  /** Runs statements on a connection of their own. @returns the rows of a single query. */
  async run(sql: string, database?: string): Promise<Record<string, unknown>[]> {
    const connection = await this.connect(database);
    try {
      const [rows] = await connection.query(sql);
      return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
    } finally {
      connection.destroy();
    }
  }

  /** Starts the server again over the same data. */
  async restart(extra: readonly string[] = []): Promise<void> {
    this.launch(extra);
    await this.ready();
  }

  /** Starts the process without waiting for it. */
  launch(extra: readonly string[] = []): void {
    if (binary === undefined) throw new Error(String(mariadbMissing));
    this.#process = spawn(
      'setpriv',
      [
        // Ends with this process, however that ends.
        '--pdeathsig=KILL',
        binary,
        '--no-defaults',
        `--datadir=${this.dataFolder}`,
        `--socket=${join(this.folder, 'socket')}`,
        `--pid-file=${join(this.folder, 'pid')}`,
        `--log-error=${join(this.folder, 'error.log')}`,
        `--init-file=${join(this.folder, 'init.sql')}`,
        `--port=${this.port}`,
        '--bind-address=127.0.0.1',
        '--skip-name-resolve',
        '--innodb-buffer-pool-size=64M',
        '--innodb-log-file-size=16M',
        '--performance-schema=OFF',
        ...this.settings,
        ...extra,
      ],
      { stdio: 'ignore', ...serverUser() },
    );
  }

  /** Resolves when the server answers. */
  async ready(limitMs = START_LIMIT_MS): Promise<void> {
    const deadline = Date.now() + limitMs;
    for (;;) {
      try {
        await this.run('SELECT 1');
        return;
      } catch (error) {
        if (Date.now() > deadline || !this.running) throw new Error(this.errorLog(), { cause: error });
        await sleep(20);
      }
    }
  }

  get running(): boolean {
    return this.#process?.exitCode === null && this.#process.signalCode === null;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  errorLog(): string {
    const file = join(this.folder, 'error.log');
    return existsSync(file) ? readFileSync(file, 'utf8') : 'mariadbd wrote no log';
  }

  /** Ends the process: SIGKILL as a crash, SIGTERM in order. */
  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.#process?.kill(signal);
    await this.ended();
  }

  async ended(): Promise<void> {
    if (this.#process && this.running) await once(this.#process, 'exit');
  }

  /** Ends the server and removes its data. */
  async discard(): Promise<void> {
    await this.end();
    process.off('exit', this.#discardNow);
    this.#discardNow();
  }

  readonly #discardNow = (): void => {
    this.#process?.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  };
}

/** mariadbd refuses to be root, and so do the scripts it starts. */
function serverUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = (flag: string) => Number(execFileSync('id', [flag, 'mysql'], { encoding: 'utf8' }));
  return { uid: idOf('-u'), gid: idOf('-g') };
}

function prepareFolder(folder: string): void {
  const user = serverUser();
  if (user) chownSync(folder, user.uid, user.gid);
  const quoted = SERVICE_PASSWORD.replaceAll("'", "''");
  const init = join(folder, 'init.sql');
  writeFileSync(
    init,
    `CREATE USER IF NOT EXISTS 'service'@'%' IDENTIFIED BY '${quoted}';\nGRANT ALL ON *.* TO 'service'@'%' WITH GRANT OPTION;\n`,
  );
  execFileSync(
    'mariadb-install-db',
    [
      '--no-defaults',
      `--datadir=${join(folder, 'data')}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
      '--skip-name-resolve',
      '--innodb-log-file-size=16M',
    ],
    { stdio: 'ignore', ...user },
  );
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('No port was free.');
  return address.port;
}
