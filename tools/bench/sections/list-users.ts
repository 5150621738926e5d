import { DatabaseSync } from '@photostructure/sqlite';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mariadbMissing, MariadbServer } from '../../../test/support/databases/mariadb-server.js';
import { ServiceProcess } from '../../../test/support/service/service-process.js';

const PEOPLE = 1_000_000;

interface Figures {
  readonly database: string;
  readonly request: string;
  readonly users: number;
  readonly megabytes: string;
  readonly firstByteMs: string;
  readonly totalMs: string;
  /** Resident memory of the process before, and at most during the request. */
  readonly memoryMb: string;
}

interface Exchange {
  readonly bytes: number;
  readonly users: number;
  readonly lastId: string | undefined;
  readonly firstByteMs: number;
  readonly totalMs: number;
}

async function exchange(url: string, init: RequestInit = {}): Promise<Exchange> {
  const started = performance.now();
  const response = await fetch(url, init);
  if (!response.ok || response.body === null) throw new Error(`${url}: ${response.status}`);
  let firstByteMs = 0;
  let bytes = 0;
  let users = 0;
  let tail = '';
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    if (bytes === 0) firstByteMs = performance.now() - started;
    bytes += chunk.length;
    // An id may lie across two chunks: what stands before its last quote is counted with the next one.
    const text = tail + Buffer.from(chunk).toString('latin1');
    const cut = text.lastIndexOf('"id":');
    users += text.slice(0, Math.max(cut, 0)).split('"id":').length - 1;
    tail = cut === -1 ? text : text.slice(cut);
  }
  if (tail.includes('"id":')) users += 1;
  const lastId = /"id":"([^"]*)"/.exec(tail)?.[1];
  return { bytes, users, lastId, firstByteMs, totalMs: performance.now() - started };
}

async function memoryOf({ child }: ServiceProcess, line: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${child.pid ?? ''}/status`, 'utf8');
  return Number(new RegExp(`${line}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
}

async function measure(
  database: string,
  request: string,
  service: ServiceProcess,
  work: () => Promise<Exchange>,
): Promise<Figures> {
  const before = await memoryOf(service, 'VmRSS');
  await writeFile(`/proc/${service.child.pid ?? ''}/clear_refs`, '5');
  const { bytes, users, firstByteMs, totalMs } = await work();
  return {
    database,
    request,
    users,
    megabytes: (bytes / 1e6).toFixed(1),
    firstByteMs: firstByteMs.toFixed(0),
    totalMs: totalMs.toFixed(0),
    memoryMb: `${before.toFixed(0)} -> ${(await memoryOf(service, 'VmHWM')).toFixed(0)}`,
  };
}

function queryUsers(address: string, after?: string): Promise<Exchange> {
  return exchange(`${address}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      query: 'query ($after: ID) { users(after: $after) { id timestamp } }',
      variables: { after },
    }),
  });
}

async function pageThrough(address: string): Promise<Exchange> {
  const started = performance.now();
  const first = await queryUsers(address);
  let { users, bytes, lastId } = first;
  while (lastId !== undefined) {
    const page = await queryUsers(address, lastId);
    users += page.users;
    bytes += page.bytes;
    lastId = page.lastId;
  }
  return { ...first, users, bytes, totalMs: performance.now() - started };
}

async function measureService(database: string, service: ServiceProcess): Promise<Figures[]> {
  const { address } = service;
  const list = () => exchange(`${address}/register/`);
  // The first requests also compile the code.
  await queryUsers(address);
  return [
    await measure(database, 'GET /register/', service, list),
    await measure(database, 'GET /register/ again', service, list),
    await measure(database, '4 x GET /register/ at once', service, async () => {
      const all = await Promise.all(Array.from({ length: 4 }, list));
      return {
        bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
        users: all.reduce((sum, { users }) => sum + users, 0),
        lastId: undefined,
        firstByteMs: Math.max(...all.map(({ firstByteMs }) => firstByteMs)),
        totalMs: Math.max(...all.map(({ totalMs }) => totalMs)),
      };
    }),
    await measure(database, '{ users }', service, () => queryUsers(address)),
    await measure(database, '{ users(after) } to the end', service, () => pageThrough(address)),
  ];
}

async function onSqlite(): Promise<Figures[]> {
  const first = await ServiceProcess.start();
  await first.end('SIGTERM');
  const file = new DatabaseSync(join(first.dataDir, 'facial-verification.sqlite'));
  file.exec(
    `INSERT INTO users (id) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${PEOPLE}) SELECT printf('user-%07d', i) FROM n`,
  );
  file.close();
  const service = await ServiceProcess.start({ dataDir: first.dataDir });
  try {
    return await measureService('SQLite', service);
  } finally {
    await service.discard();
  }
}

async function onMariadb(): Promise<Figures[]> {
  const server = await MariadbServer.start();
  try {
    const name = await server.createDatabase();
    const service = await ServiceProcess.start({ environment: { DATABASE_URL: server.url(name) } });
    try {
      await server.run(
        `INSERT INTO users (id) SELECT CONCAT('user-', LPAD(seq, 7, '0')) FROM seq_1_to_${PEOPLE}`,
        name,
      );
      return await measureService('MariaDB', service);
    } finally {
      await service.discard();
    }
  } finally {
    await server.discard();
  }
}

const figures = await onSqlite();
if (mariadbMissing === null) figures.push(...(await onMariadb()));
else console.log(`MariaDB left out: ${mariadbMissing}`);
console.table(figures);
