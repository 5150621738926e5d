import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFacePipeline } from '../../src/faces/face-pipeline.js';
import { projectRoot } from '../../src/project-root.js';
import { sampleFace, type SampleFace, type SampleVariant } from '../../test/support/pictures/sample-faces.js';
import { ServiceProcess } from '../../test/support/service/service-process.js';
import { drawContactSheet, type SheetCell } from './contact-sheet.js';
import { ServiceClient, type Verification } from '../../test/support/service/service-client.js';

const registered: readonly SampleFace[] = [
  'sample1-right',
  'sample3-left',
  'sample3-middle',
  'sample3-right',
  'sample4-middle',
  'sample5-top',
  'sample6-left',
  'sample6-right',
];
const strangers: readonly SampleFace[] = [
  'sample1-left',
  'sample4-right',
  'sample5-centre',
  'sample6-second',
];
const altered: readonly SampleVariant[] = ['brighter', 'smaller', 'turned', 'webp'];

interface Attempt {
  readonly claimed: SampleFace;
  readonly shown: SampleFace;
  readonly variant: SampleVariant;
}

interface Outcome extends Attempt, Verification {
  readonly interface: 'REST' | 'GraphQL';
  readonly ms: number;
  readonly right: boolean;
}

const attempts: readonly Attempt[] = [
  ...registered.flatMap((person, place) =>
    [0, 1].map((step) => ({
      claimed: person,
      shown: person,
      variant: altered[(place + step) % altered.length] ?? 'brighter',
    })),
  ),
  ...strangers.flatMap((stranger, place) =>
    [0, 1].map((step) => ({
      claimed: registered[(2 * place + step) % registered.length] ?? 'sample3-left',
      shown: stranger,
      variant: 'plain' as const,
    })),
  ),
];

async function attempt(client: ServiceClient, what: Attempt, overRest: boolean): Promise<Outcome> {
  const image = await sampleFace(what.shown, what.variant);
  const started = performance.now();
  const said = overRest
    ? await client.verifyOverRest(what.claimed, image)
    : await client.verifyOverGraphql(what.claimed, image);
  const genuine = what.claimed === what.shown;
  return {
    ...what,
    ...said,
    interface: overRest ? 'REST' : 'GraphQL',
    ms: Math.round(performance.now() - started),
    right: said.verified === genuine && said.recognition === (genuine ? what.claimed : null),
  };
}

async function drawSheet(outcomes: readonly Outcome[]): Promise<string> {
  const pipeline = await createFacePipeline({ maxPixels: 50_000_000 });
  const cells: SheetCell[] = [];
  for (const outcome of outcomes) {
    const picture = await sampleFace(outcome.shown, outcome.variant);
    cells.push({
      picture,
      box: (await pipeline.extract(picture)).box,
      right: outcome.right,
      caption: [
        `claims ${outcome.claimed}`,
        `is ${outcome.shown}, ${outcome.variant}`,
        outcome.verified ? 'verified' : 'refused',
        outcome.similarity === null ? '' : `similarity ${outcome.similarity}`,
      ],
    });
  }
  const folder = join(projectRoot, 'demo-output');
  const file = join(folder, 'contact-sheet.png');
  await mkdir(folder, { recursive: true });
  await writeFile(file, await drawContactSheet(cells));
  return file;
}

const service = await ServiceProcess.start();
const outcomes: Outcome[] = [];
const left: string[] = [];
try {
  console.log(`The service runs at ${service.address} on a temporary folder.`);
  const client = new ServiceClient(service.address);
  for (const person of registered) await client.registerOverRest(person, await sampleFace(person));
  console.log(`Registered: ${(await client.users()).join(', ')}`);
  for (const what of attempts) {
    for (const overRest of [true, false]) outcomes.push(await attempt(client, what, overRest));
  }
  for (const person of registered) await client.deleteOverGraphql(person);
  left.push(...(await client.users()));
} finally {
  await service.discard();
}

console.table(
  outcomes.map(
    ({ claimed, shown, variant, interface: by, recognition, verified, similarity, ms, right }) => ({
      claimed,
      shown: `${shown} (${variant})`,
      interface: by,
      recognised: recognition,
      verified,
      similarity,
      ms,
      decision: right ? 'right' : 'WRONG',
    }),
  ),
);
const wrong = outcomes.filter((outcome) => !outcome.right);
console.log(`${outcomes.length - wrong.length} of ${outcomes.length} decisions are right.`);
if (left.length > 0) console.log(`Still listed after deletion: ${left.join(', ')}`);
console.log(
  `Contact sheet: ${await drawSheet(outcomes.filter((outcome) => outcome.interface === 'GraphQL'))}`,
);
process.exitCode = wrong.length > 0 || left.length > 0 ? 1 : 0;
