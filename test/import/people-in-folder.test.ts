import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { peopleInFolder } from '../../src/import/people-in-folder.js';
import { temporaryFolder } from '../support/temporary-folder.js';

function folderOf(...files: string[]): string {
  const folder = temporaryFolder();
  for (const file of files) {
    mkdirSync(join(folder, file, '..'), { recursive: true });
    writeFileSync(join(folder, file), 'x');
  }
  return folder;
}

it('takes pictures by id, and folders of pictures, in a fixed order', async () => {
  const folder = folderOf('zoe.JPG', 'ada/2.png', 'ada/1.webp', 'j. doe.v2.jpeg', 'Ada.avif');
  expect(await peopleInFolder(folder)).toEqual({
    people: [
      { id: 'Ada', files: ['Ada.avif'] },
      { id: 'ada', files: ['ada/1.webp', 'ada/2.png'] },
      { id: 'j. doe.v2', files: ['j. doe.v2.jpeg'] },
      { id: 'zoe', files: ['zoe.JPG'] },
    ],
    refused: [],
  });
});

it('puts several files of one id together', async () => {
  const folder = folderOf('ada.jpg', 'ada.png', 'ada/1.jpg');
  expect((await peopleInFolder(folder)).people).toEqual([
    { id: 'ada', files: ['ada.jpg', 'ada.png', 'ada/1.jpg'] },
  ]);
});

it('follows links', async () => {
  const folder = folderOf('ada.jpg', 'bob/1.jpg');
  const links = temporaryFolder();
  symlinkSync(join(folder, 'ada.jpg'), join(links, 'eve.jpg'));
  symlinkSync(join(folder, 'bob'), join(links, 'bob'));
  symlinkSync('nowhere', join(links, 'lost.jpg'));
  expect((await peopleInFolder(links)).people.map(({ id }) => id)).toEqual(['bob', 'eve', 'lost']);
});

it('says why a name is refused, and passes over hidden files', async () => {
  const folder = folderOf(
    'line\nbreak.jpg',
    'notes.txt',
    'noextension',
    'ada/readme.md',
    'ada/deep/1.jpg',
    '.DS_Store',
    '.hidden.jpg',
    `${'x'.repeat(250)}.jpg`,
    'broken\ufffdname.jpg',
  );
  mkdirSync(join(folder, 'empty'));
  const { people, refused } = await peopleInFolder(folder);
  expect(people).toEqual([{ id: 'x'.repeat(250), files: [`${'x'.repeat(250)}.jpg`] }]);
  expect(Object.fromEntries(refused.map(({ file, reason }) => [file, reason]))).toEqual({
    'line\nbreak.jpg': 'The id must have 1 to 255 characters and no control characters',
    'notes.txt': 'This is no picture file',
    noextension: 'This is no picture file',
    'ada/readme.md': 'This is no picture file',
    'ada/deep': 'This is no picture file',
    'broken\ufffdname.jpg': 'The name is not valid UTF-8',
    empty: 'The folder is empty',
  });
});

it('tells that there is no such folder', async () => {
  await expect(peopleInFolder(join(temporaryFolder(), 'missing'))).rejects.toThrow(/ENOENT.*missing/);
});
