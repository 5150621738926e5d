/** Which room of src/ may import which others; `npm run lint` holds every import against it, those of types included. */
const allowed = {
  config: ['access', 'database', 'models', 'protection', 'users'],
  threads: [],
  limits: [],
  onnx: [],
  models: [],
  faces: ['models', 'onnx', 'threads'],
  gallery: ['onnx', 'threads'],
  storage: ['config', 'faces'],
  protection: ['database', 'storage'],
  access: ['config'],
  users: [
    'audit',
    'config',
    'database',
    'faces',
    'gallery',
    'limits',
    'models',
    'protection',
    'storage',
    'threads',
  ],
  audit: ['access', 'database', 'protection', 'storage', 'users'],
  database: [
    'access',
    'audit',
    'config',
    'faces',
    'gallery',
    'limits',
    'protection',
    'storage',
    'threads',
    'users',
  ],
  backup: ['database', 'protection', 'storage'],
  doctor: ['database', 'protection', 'storage'],
  import: ['audit', 'users'],
  metrics: ['config', 'database', 'faces', 'users'],
  api: ['access', 'audit', 'config', 'faces', 'limits', 'metrics', 'users'],
};

const rooms = Object.entries(allowed).map(([room, others]) => ({
  name: `rooms-of-${room}`,
  comment: `src/${room} may import the shared files of src/ and ${others.join(', ') || 'no other room'}.`,
  from: { path: `^src/${room}/` },
  to: { path: '^src/[^/]+/', pathNot: `^src/(${[room, ...others].join('|')})/` },
}));

const rules = [
  ...rooms,
  {
    name: 'no-circles',
    comment: 'Files that import each other can only be understood together.',
    from: {},
    to: { circular: true },
  },
  {
    name: 'building-models',
    comment:
      'The running service knows models by src/models; only start-up and commands build or download them.',
    from: { path: '^src/', pathNot: '^src/(app\\.ts|cli/)' },
    to: { path: '^models/' },
  },
  {
    name: 'service-parts-of-models',
    comment: 'What builds models needs their catalogue and the writing of graphs, nothing of the service.',
    from: { path: '^models/' },
    to: { path: '^src/', pathNot: '^src/(models/|onnx/|(atomic-file|project-root)\\.ts)' },
  },
  {
    name: 'composition',
    comment: 'app.ts and the commands build the parts; no part knows them.',
    from: { path: '^src/', pathNot: '^src/(main\\.ts|cli/)' },
    to: { path: '^src/(app\\.ts|main\\.ts|cli/)' },
  },
  {
    name: 'one-dialect',
    comment:
      'Only src/database knows which database is open; the configuration reads its addresses and options, and backups copy the file of one.',
    from: { path: '^src/', pathNot: '^src/(database|config|backup)/' },
    to: { path: '^src/database/(mysql|sqlite)/' },
  },
  {
    name: 'no-tests-in-service',
    comment: 'What is shipped does not import tests or tools.',
    from: { path: '^(src|models)/' },
    to: { path: '^(test|tools)/' },
  },
];

export default {
  forbidden: rules.map((rule) => ({ severity: 'error', ...rule })),
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
  },
};
