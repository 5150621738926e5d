import { parseArgs } from 'node:util';
import { buildModels } from '../../models/build-models.js';
import { toText } from '../bench/format.js';
import { seededChance } from '../../test/support/seeded-chance.js';
import { allocatorSettings } from '../../src/threads/allocator-settings.js';
import { ServiceProcess } from '../../test/support/service/service-process.js';
import { MixedLoad } from './mixed-load.js';
import { sample, type Sample } from './sample.js';
import { driftOf } from './drift.js';

const USAGE = `npm run soak -- [options]
  --minutes <number>  length of the run, 10 by default
  --rate <number>     requests a second, 5 by default

Puts a mixed load with bad input among it on a service of its own and takes its measure once a minute. Ends with 1 when
an answer is wrong, or when memory or handles grow after the first third.`;

const columns = [
  'minute',
  'requests',
  'refused',
  'wrong',
  'RSS MiB',
  'threads',
  'files open',
  'files in tmp',
  'files kept',
  'answer ms',
];

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    rate: { type: 'string', default: '5' },
    help: { type: 'boolean', default: false },
  },
});

async function soak(minutes: number, rate: number): Promise<boolean> {
  const service = await ServiceProcess.start({ environment: { FACE_WORKERS: '2', ...allocatorSettings } });
  try {
    const load = new MixedLoad(service.address, seededChance(1));
    await load.warmUp();
    const samples: Sample[] = [await sample(service, load)];
    // Short runs are sampled more often, so that a drift can be told.
    const sampleMs = Math.min(60_000, (minutes * 60_000) / 12);
    const begun = Date.now();
    const sampling = setInterval(() => {
      void sample(service, load).then((taken) => samples.push(taken));
    }, sampleMs);
    while (Date.now() - begun < minutes * 60_000) await load.next(1000 / rate);
    clearInterval(sampling);
    await load.settled();
    samples.push(await sample(service, load));
    const drifts = driftOf(samples);
    const rows = samples.map((taken) => [
      ((taken.at - begun) / 60_000).toFixed(1),
      String(taken.requests),
      String(taken.refused),
      String(taken.wrong),
      (taken.rssBytes / 2 ** 20).toFixed(0),
      String(taken.threads),
      String(taken.openFiles),
      String(taken.temporaryFiles),
      String(taken.keptFiles),
      taken.answerMs.toFixed(0),
    ]);
    const notes = [...drifts.map(({ sentence }) => sentence), ...load.complaints];
    console.log(toText({ title: `${minutes} minutes at ${rate} requests a second`, columns, rows, notes }));
    const exit = await service.end('SIGTERM');
    if (exit !== 0) console.log(`The service ended with ${exit ?? 'a signal'}.`);
    return exit === 0 && load.complaints.length === 0 && drifts.every(({ flat }) => flat);
  } finally {
    await service.discard();
  }
}

const [minutes, rate] = [Number(values.minutes), Number(values.rate)];
if (values.help || !(minutes > 0) || !(rate > 0)) {
  console.log(USAGE);
  process.exitCode = values.help ? 0 : 2;
} else {
  await buildModels();
  if (!(await soak(minutes, rate))) process.exitCode = 1;
}
