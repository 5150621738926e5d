import { it } from 'vitest';
import { MariadbServer } from '../support/databases/mariadb-server.js';
import { openFor, optionsFor } from '../support/databases/mysql-database.js';
import { MysqlConnection } from '../../src/database/mysql/mysql-connection.js';
it('big', async () => {
  const server = await MariadbServer.start();
  const name = await server.createDatabase();
  const database = await openFor(optionsFor(server, name));
  const c = await MysqlConnection.open({ host: '127.0.0.1', port: server.port }, { ...(optionsFor(server, name) as never as object), timeoutMs: 0, ssl: undefined } as never);
  let t = performance.now();
  for (let k = 0; k < 16; k += 1)
    await c.execute(`insert into face_audit_log select seq, unix_timestamp() - 400*86400 + floor((seq)/8000000*534*86400/1.0*0.75) , 'verify','accepted', uuid(), 'key:0123456789abcdef', uuid(), unhex(sha2(seq,256)), unhex(sha2(seq+1,256)) from seq_${k * 500000 + 1}_to_${(k + 1) * 500000}`);
  await c.execute("update face_audit_head set seq = 8000000, hash = unhex(sha2(8000001,256))");
  console.log('filled', Math.round(performance.now() - t), 'ms', await c.rows('select count(*), sum(at < unix_timestamp() - 100*86400) from face_audit_log'));
  const before = new Date(Date.now() - 100 * 86400_000);
  t = performance.now(); let n = 0, longest = 0, slices = 0;
  let waits: number[] = []; let go = true;
  const appender = (async () => { while (go) { const s = performance.now(); await database.auditLog.append([{ actor: 'anyone', requestId: null, operation: 'verify', outcome: 'accepted', userId: null }]); waits.push(performance.now() - s); await new Promise((r) => setTimeout(r, 20)); } })();
  for (;;) { const s = performance.now(); const d = await database.auditLog.forget(before, 1000); longest = Math.max(longest, performance.now() - s); slices += 1; n += d; if (d === 0) break; }
  go = false; await appender; waits.sort((a, b) => a - b);
  console.log('forgot', n, 'in', Math.round((performance.now() - t) / 1000), 's, slices', slices, 'longest transaction', Math.round(longest), 'ms; append median', Math.round(waits[waits.length >> 1]!), 'max', Math.round(waits.at(-1)!), 'ms');
  console.log(await c.rows('select count(*), min(seq) from face_audit_log'));
  c.destroy(); await database.close(); await server.discard();
}, 1_500_000);
