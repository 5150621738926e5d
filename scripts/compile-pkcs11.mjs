import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

// `npm run pkcs11` compiles the optional package pkcs11js, which comes as C++. Install scripts are off otherwise. A
// compiler, make and Python are needed; the headers of Node are taken from beside it where they are, so that nothing
// is downloaded.
const prefix = dirname(dirname(process.execPath));
const headers = existsSync(join(prefix, 'include', 'node', 'node.h')) ? [`--nodedir=${prefix}`] : [];
const { status } = spawnSync('npm', ['rebuild', 'pkcs11js', '--ignore-scripts=false', ...headers], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
