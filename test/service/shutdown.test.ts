import { expect, it } from 'vitest';
import { Shutdown } from '../../src/shutdown.js';

function recorded(): { shutdown: Shutdown; steps: string[]; step: (name: string) => () => Promise<void> } {
  const steps: string[] = [];
  const step = (name: string) => () => {
    steps.push(name);
    return Promise.resolve();
  };
  return { shutdown: new Shutdown(), steps, step };
}

it('drains the API first, then ends jobs, then closes parts, the last opened first', async () => {
  const { shutdown, steps, step } = recorded();
  shutdown.part(step('database'));
  shutdown.part(step('faces'));
  shutdown.job(step('housekeeping'));
  shutdown.api(step('api'));
  shutdown.job(step('protection'));
  await shutdown.run();
  expect(steps).toEqual(['api', 'housekeeping', 'protection', 'faces', 'database']);
});

it('drains the API while a job hangs, and closes no part that the job may still use', async () => {
  const { shutdown, steps, step } = recorded();
  let release = (): void => undefined;
  shutdown.part(step('database'));
  shutdown.job(
    () =>
      new Promise<void>((resolve) => {
        release = resolve;
      }),
  );
  shutdown.api(step('api'));
  const end = shutdown.run();
  await new Promise(setImmediate);
  expect(steps).toEqual(['api']);
  release();
  await end;
  expect(steps).toEqual(['api', 'database']);
});

it('closes every part when others fail, by throwing or rejecting, and says what failed', async () => {
  const { shutdown, steps, step } = recorded();
  shutdown.part(step('database'));
  shutdown.part(() => Promise.reject(new Error('faces')));
  shutdown.job(() => {
    throw new Error('job');
  });
  shutdown.job(step('other job'));
  shutdown.api(() => Promise.reject(new Error('api')));
  const failure: unknown = await shutdown.run().catch((reason: unknown) => reason);
  expect(failure).toBeInstanceOf(AggregateError);
  expect((failure as AggregateError).errors.map((error: Error) => error.message)).toEqual([
    'api',
    'job',
    'faces',
  ]);
  expect(steps).toEqual(['other job', 'database']);
});

it('closes everything once, however often it is asked', async () => {
  const { shutdown, steps, step } = recorded();
  shutdown.part(step('database'));
  await Promise.all([shutdown.run(), shutdown.run()]);
  expect(steps).toEqual(['database']);
});
