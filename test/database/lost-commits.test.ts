import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { uuidv7 } from 'uuidv7';
import type { Database } from '../../src/database/database.js';
import { ServiceError } from '../../src/errors.js';
import { createImageKey } from '../../src/storage/image-key.js';
import { testOrigin } from '../support/api/test-origin.js';
import { CuttingProxy, type Cut } from '../support/databases/cutting-proxy.js';
import { mariadbMissing, MariadbServer } from '../support/databases/mariadb-server.js';
import { openFor, optionsFor } from '../support/databases/mysql-database.js';
import { testVault } from '../support/databases/test-vault.js';
import { unitVector } from '../support/models/unit-vectors.js';
import { seededChance } from '../support/seeded-chance.js';

const MODEL_ID = 'model-a';
const INTERLEAVINGS = 500;

type Operation = 'register' | 'delete' | 'verify';

interface Step {
  readonly operation: Operation;
  readonly id: string;
  /** Id of the template that a registration writes. */
  readonly templateId: string;
  readonly picture: boolean;
}

interface Node {
  readonly blobs: Pick<Database['blobs'], 'announce'>;
  readonly users: Pick<Database['users'], 'enrol' | 'remove' | 'templatesOf'>;
}

/** What an operation answers: `done`, a code of the catalogue, or the templates of a person. */
async function run(database: Node, { operation, id, templateId, picture }: Step): Promise<string> {
  const origin = { ...testOrigin, requestId: templateId };
  if (operation === 'verify')
    return (await database.users.templatesOf(id, MODEL_ID)).map((template) => template.templateId).join();
  if (operation === 'delete')
    return (await database.users.remove(id, origin)) === null ? 'USER_NOT_FOUND' : 'done';
  const image = picture ? { key: createImageKey('image/jpeg'), mediaType: 'image/jpeg' as const } : null;
  if (image) await database.blobs.announce(image.key);
  const user = { id, timestamp: new Date('2026-01-02T03:04:05Z') };
  const template = { templateId, modelId: MODEL_ID, vector: unitVector(1) };
  try {
    await database.users.enrol({ user, key: testVault.createKey(id), image, template }, origin);
    return 'done';
  } catch (error) {
    if (error instanceof ServiceError) return error.code;
    throw error;
  }
}

/** The same node, with something done just before the transaction of a registration or a deletion. */
function before({ blobs, users }: Node, work: () => void): Node {
  return {
    blobs,
    users: {
      templatesOf: (...given) => users.templatesOf(...given),
      enrol: (...given) => {
        work();
        return users.enrol(...given);
      },
      remove: (...given) => {
        work();
        return users.remove(...given);
      },
    },
  };
}

/** The same operations one after the other, without a database. */
class Model {
  readonly people = new Map<string, string>();
  /** What the audit log must hold. */
  readonly noted: string[] = [];

  changes({ operation, id }: Step): boolean {
    return operation !== 'verify' && this.people.has(id) === (operation === 'delete');
  }

  run({ operation, id, templateId }: Step): string {
    const registered = this.people.get(id);
    if (operation === 'verify') return registered ?? '';
    if (operation === 'delete') {
      if (registered === undefined) return 'USER_NOT_FOUND';
      this.people.delete(id);
    } else {
      if (registered !== undefined) return 'USER_EXISTS';
      this.people.set(id, templateId);
    }
    this.noted.push(operation);
    return 'done';
  }
}

describe.skipIf(mariadbMissing !== null)(`Answers to COMMIT that are lost ${mariadbMissing ?? ''}`, () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await MariadbServer.start();
  });
  afterAll(() => server.discard());

  /** Two nodes of one database; the connections of the first can be cut. */
  async function twoNodes() {
    const proxy = await CuttingProxy.start(server.port);
    onTestFinished(() => proxy.stop());
    const options = optionsFor(server, await server.createDatabase());
    const cut = await openFor({ ...options, hosts: [{ host: '127.0.0.1', port: proxy.port }] });
    return { proxy, cut, whole: await openFor(options) };
  }

  const step = (operation: Operation, id: string, picture: boolean): Step => ({
    operation,
    id,
    templateId: uuidv7(),
    picture,
  });

  it.each([true, false])(
    'a repeated deletion spares who was registered meanwhile (with pictures: %s)',
    async (picture) => {
      const { proxy, cut, whole } = await twoNodes();
      await run(whole, step('register', 'ann', picture));
      const next = step('register', 'ann', picture);
      proxy.cutAt('COMMIT', 'after', async () => {
        expect(await run(whole, next)).toBe('done');
      });
      expect(await run(cut, step('delete', 'ann', picture))).toBe('done');
      expect(proxy.cuts).toBe(1);
      expect(await run(whole, step('verify', 'ann', picture))).toBe(next.templateId);
    },
  );

  it.each([true, false])(
    'a repeated registration does not undo a deletion meanwhile (with pictures: %s)',
    async (picture) => {
      const { proxy, cut, whole } = await twoNodes();
      const interrupted = before(cut, () => {
        proxy.cutAt('COMMIT', 'after', async () => {
          expect(await run(whole, step('delete', 'bob', picture))).toBe('done');
        });
      });
      expect(await run(interrupted, step('register', 'bob', picture))).toBe('done');
      expect(proxy.cuts).toBe(1);
      expect(await whole.users.find('bob')).toBeNull();
      expect((await whole.auditLog.page({ first: 10 })).map(({ operation }) => operation)).toEqual([
        'register',
        'delete',
      ]);
    },
  );

  it(`leave everything as if ${INTERLEAVINGS} pairs of operations of two nodes had run one after the other`, async () => {
    const { proxy, cut, whole } = await twoNodes();
    const chance = seededChance(7);
    const choose = <Value>(...values: Value[]): Value =>
      values[Math.floor(chance() * values.length)] as Value;
    const anyStep = () =>
      step(
        choose<Operation>('register', 'register', 'delete', 'delete', 'verify'),
        choose('ann', 'bob'),
        choose(true, false),
      );
    const model = new Model();
    for (let round = 0; round < INTERLEAVINGS; round++) {
      const [first, second, when] = [anyStep(), anyStep(), choose<Cut>('before', 'after')];
      const cutsBefore = proxy.cuts;
      let answered: string | undefined;
      const interrupted = before(cut, () => {
        proxy.cutAt('COMMIT', when, async () => {
          answered = await run(whole, second);
        });
      });
      const got = await run(interrupted, first);
      proxy.cutNothing();
      answered ??= await run(whole, second);
      const wasCut = proxy.cuts > cutsBefore;
      // What changes nothing is not repeated: its first answer is as good as any.
      const repeated = wasCut && when === 'before' && model.changes(first);
      const order = repeated ? [second, first] : [first, second];
      const expected = new Map(order.map((one) => [one, model.run(one)]));
      expect([got, answered], JSON.stringify({ round, first, second, when, wasCut })).toEqual([
        expected.get(first),
        expected.get(second),
      ]);
    }
    expect(proxy.cuts).toBeGreaterThan(INTERLEAVINGS / 4);
    for (const id of ['ann', 'bob'])
      expect(await run(whole, step('verify', id, false))).toBe(model.people.get(id) ?? '');
    const noted = await whole.auditLog.page({ first: 10_000 });
    expect(noted.map(({ operation }) => operation)).toEqual(model.noted);
    expect(await whole.gallery.revision()).toBe(model.noted.length);
  }, 120_000);
});
