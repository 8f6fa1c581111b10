import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { drawn } from '../cli/pictures/drawn.ts';

test.each([...drawn])('docs/pictures/%s is as `npm run pictures` draws it', async (name, draw) => {
  expect(await readFile(new URL(`../docs/pictures/${name}`, import.meta.url), 'utf8')).toBe(draw());
});
